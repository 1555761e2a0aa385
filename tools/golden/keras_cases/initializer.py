"""Initializers: the values are Cornu's own, so their config and what a large draw looks like; the values of those that draw nothing."""

import keras
import numpy as np

SHAPES = [(200, 300), (3, 3, 20, 40), (400,)]
WINDOWS = ["barthann", "bartlett", "blackman", "blackmanharris", "bohman", "boxcar", "cosine", "exponential", "flattop", "hamming", "hann", "lanczos", "nuttall", "parzen",
           "taylor", "triangle", "tukey", "hann_periodic", "han_symmetric", [0.5, -1.0, 2.0, 0.25, 1.0, 3.0, -0.5, 1.5], None]  # fmt: skip
# What is the same whenever it is made: (class, arguments, shapes)
EXACT = [("Identity", {}, [(3, 3), (2, 5), (5, 2)]), ("Identity", dict(gain=2.5), [(3, 3)]), ("Zeros", {}, SHAPES[2:]), ("Ones", {}, SHAPES[2:]), ("Constant", dict(value=1.5), SHAPES[2:]),
         ("STFT", {}, [(9, 1, 5), (1, 1, 3)]), ("STFT", dict(side="imag"), [(9, 1, 5)]), ("STFT", dict(scaling="spectrum"), [(9, 1, 5)]), ("STFT", dict(scaling=None), [(9, 1, 5)])]  # fmt: skip
EXACT += [("STFT", dict(window=w, periodic=p), [(8, 1, 9)]) for w in WINDOWS for p in (False, True)]
ROWS = [("GlorotUniform", {}), ("GlorotNormal", {}), ("HeUniform", {}), ("HeNormal", {}), ("LecunUniform", {}), ("LecunNormal", {}),
        ("VarianceScaling", dict(scale=2.0, mode="fan_out", distribution="uniform")), ("VarianceScaling", dict(scale=0.5, mode="fan_avg", distribution="untruncated_normal")),
        ("RandomNormal", dict(mean=0.5, stddev=0.2)), ("RandomUniform", dict(minval=-0.1, maxval=0.3)), ("TruncatedNormal", dict(mean=0.1, stddev=0.3)),
        ("Orthogonal", {}), ("Orthogonal", dict(gain=2.5))]  # fmt: skip


def main(store):
    out = []
    for class_name, arguments in ROWS:
        for shape in SHAPES[: 2 if class_name == "Orthogonal" else 3]:
            made = getattr(keras.initializers, class_name)(**arguments, seed=3)
            values = np.asarray(made(shape), np.float64)
            statistics = {k: round(float(getattr(np, k)(values)), 5) for k in ("mean", "std", "min", "max")}
            out.append({"class_name": class_name, "arguments": arguments, "config": made.get_config(), "shape": list(shape), "statistics": statistics})
    for class_name, arguments, shapes in EXACT:
        made = getattr(keras.initializers, class_name)(**arguments)
        out += [{"class_name": class_name, "arguments": arguments, "config": made.get_config(), "shape": list(s), "value": store.put(np.asarray(made(s)))} for s in shapes]
    return out
