"""Real Keras: KERAS_BACKEND=jax|tensorflow python keras_bench.py mlp|cnn. One JSON line.

step_us: a training step of `fit` (shuffled, accuracy on, Adam); predict1_us: `predict_on_batch` of one row; call1_us: `model(x)`; new_batch_s: the first step of
another batch size.
"""

import os
import sys
import time

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
start = time.perf_counter()
import keras
import numpy as np
from keras import layers

import_s = round(time.perf_counter() - start, 2)

from measure import SIZES, epochs, latency, report, timed

SHAPES = {"mlp": (784,), "cnn": (28, 28, 1)}
LAYERS = {
    "mlp": lambda: [layers.Dense(128, activation="relu"), layers.Dense(10, activation="softmax")],
    "cnn": lambda: [
        layers.Conv2D(32, 3, activation="relu"), layers.MaxPooling2D(2), layers.Conv2D(64, 3, activation="relu"), layers.MaxPooling2D(2),
        layers.Flatten(), layers.Dropout(0.5), layers.Dense(10, activation="softmax"),
    ],
}  # fmt: skip


def main():
    workload = sys.argv[1]
    rows, batch = SIZES[workload]["rows"], SIZES[workload]["batch"]
    draw = np.random.default_rng(0)
    x = draw.random((rows, *SHAPES[workload]), dtype=np.float32)
    y = np.eye(10, dtype=np.float32)[draw.integers(0, 10, rows)]
    model = keras.Sequential([layers.Input(SHAPES[workload]), *LAYERS[workload]()])
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    fit = lambda x, y, size=batch: model.fit(x, y, batch_size=size, epochs=1, verbose=0)
    one_step = lambda size: timed(lambda: fit(x[:size], y[:size], size))
    first = one_step(batch)
    fit(x, y)
    figures = epochs(lambda: fit(x, y), rows // batch, seconds=4)
    figures["new_batch_s"] = round(one_step(batch * 3 // 2), 3)
    one = x[:1]
    report(
        workload, "keras-" + keras.backend.backend(), keras.__version__, **figures, first_step_s=round(first, 2), import_s=import_s,
        predict1_us=latency(lambda: model.predict_on_batch(one)), call1_us=latency(lambda: np.asarray(model(one, training=False))),
        predict_call_us=latency(lambda: model.predict(one, verbose=0), 10),
    )  # fmt: skip


if __name__ == "__main__":
    main()
