"""Activations by their Keras name, with gradients."""

import jax
import jax.numpy as jnp
import keras
import numpy as np

from store import generator

NAMES = ["celu", "elu", "exponential", "gelu", "glu", "hard_shrink", "hard_sigmoid", "hard_silu", "hard_swish", "hard_tanh", "leaky_relu", "linear", "log_sigmoid",
         "log_softmax", "mish", "relu", "relu6", "selu", "sigmoid", "silu", "swish", "soft_shrink", "softmax", "softplus", "softsign", "sparse_plus", "sparse_sigmoid",
         "sparsemax", "squareplus", "tanh", "tanh_shrink"]  # fmt: skip
ARGUMENTS = [("relu", dict(negative_slope=0.1, max_value=2.0, threshold=0.5)), ("gelu", dict(approximate=True)), ("leaky_relu", dict(negative_slope=0.3)),
             ("elu", dict(alpha=0.5)), ("softmax", dict(axis=0)), ("threshold", dict(threshold=0.5, default_value=3.0))]  # fmt: skip


def main(store):
    out = []
    for name, arguments in [(n, {}) for n in NAMES] + ARGUMENTS:
        function = getattr(keras.activations, name)
        draw = generator(f"activation/{name}{arguments}")
        x, cotangent = (draw.uniform(-4, 4, (5, 6)).astype(np.float32) for _ in range(2))
        y = np.asarray(function(x, **arguments))
        cotangent = cotangent[tuple(slice(n) for n in y.shape)]
        gradient = jax.grad(lambda v: jnp.sum(function(v, **arguments) * cotangent))(jnp.asarray(x))
        out.append({"name": name, "arguments": arguments, "serialized": keras.activations.serialize(function), "input": store.put(x), "output": store.put(y),
                    "cotangent": store.put(cotangent), "gradient": store.put(np.asarray(gradient))})  # fmt: skip
    return out
