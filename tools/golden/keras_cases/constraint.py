"""Constraints: what they make of a weight."""

import keras
import numpy as np

from store import generator

AXES = [dict(), dict(axis=1), dict(axis=[0, 1])]
ROWS = [("NonNeg", [dict()]), ("MaxNorm", [dict(max_value=0.7), *AXES]), ("UnitNorm", AXES),
        ("MinMaxNorm", [dict(min_value=1.2, max_value=1.5), dict(rate=0.3), dict(min_value=0.9, rate=0.5), *AXES])]  # fmt: skip


def main(store):
    out = []
    for class_name, rows in ROWS:
        for arguments in rows:
            for shape in ((4, 3), (2, 2, 3, 5)):
                made = getattr(keras.constraints, class_name)(**arguments)
                w = generator(f"constraint/{class_name}/{arguments}/{shape}").normal(size=shape).astype(np.float32)
                w[..., 0] = 0  # where a norm is 0, too
                out.append({"class_name": class_name, "config": made.get_config(), "input": store.put(w), "value": store.put(np.asarray(made(w)))})
    return out
