"""Regularizers: the penalty on a tensor and its gradient."""

import jax
import jax.numpy as jnp
import keras
import numpy as np

from store import generator

ROWS = [("L2", [dict(), dict(l2=0.02)]), ("L1", [dict(), dict(l1=0.03)]), ("L1L2", [dict(), dict(l1=0.03), dict(l2=0.02), dict(l1=0.01, l2=0.02)]),
        ("OrthogonalRegularizer", [dict(), dict(factor=0.3), dict(mode="columns")])]  # fmt: skip


def main(store):
    out = []
    for class_name, rows in ROWS:
        for arguments in rows:
            made = getattr(keras.regularizers, class_name)(**arguments)
            x = generator(f"regularizer/{class_name}/{arguments}").normal(size=(4, 3)).astype(np.float32)
            gradient = jax.grad(made)(jnp.asarray(x))
            out.append({"class_name": class_name, "config": made.get_config(), "input": store.put(x), "value": store.put(np.asarray(made(jnp.asarray(x)))),
                        "gradient": store.put(np.asarray(gradient))})  # fmt: skip
    return out
