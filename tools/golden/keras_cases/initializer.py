"""Initializers: the values are Cornu's own, so their config and what a large draw looks like; exact values where there are any."""

import keras
import numpy as np

SHAPES = [(200, 300), (3, 3, 20, 40), (400,)]
ROWS = [("GlorotUniform", {}), ("GlorotNormal", {}), ("HeUniform", {}), ("HeNormal", {}), ("LecunUniform", {}), ("LecunNormal", {}),
        ("VarianceScaling", dict(scale=2.0, mode="fan_out", distribution="uniform")), ("VarianceScaling", dict(scale=0.5, mode="fan_avg", distribution="untruncated_normal")),
        ("RandomNormal", dict(mean=0.5, stddev=0.2)), ("RandomUniform", dict(minval=-0.1, maxval=0.3)), ("TruncatedNormal", dict(mean=0.1, stddev=0.3)),
        ("Zeros", {}), ("Ones", {}), ("Constant", dict(value=1.5))]  # fmt: skip


def main(store):
    out = []
    for class_name, arguments in ROWS:
        for shape in SHAPES:
            seeded = {"seed": 3} if class_name not in ("Zeros", "Ones", "Constant") else {}
            made = getattr(keras.initializers, class_name)(**arguments, **seeded)
            values = np.asarray(made(shape), np.float64)
            statistics = {k: round(float(getattr(np, k)(values)), 5) for k in ("mean", "std", "min", "max")}
            out.append({"class_name": class_name, "arguments": arguments, "config": made.get_config(), "shape": list(shape), "statistics": statistics})
    return out
