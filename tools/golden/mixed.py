"""Golden files of mixed precision: python mixed.py [layers|NAME...]  ->  tests/data/golden/mixed/.

XLA may leave out a rounding between two operations; here it may not, so that each operation rounds as its dtype says.
"""

import os

os.environ["XLA_FLAGS"] = "--xla_allow_excess_precision=false"

import keras_env  # isort: skip
import json
import sys

import keras
import numpy as np
from keras import layers, ops

import training
from keras_cases import layer
from store import ROOT, Store, generator, write_json
from training import pictures


def dense():
    x, label = pictures("mixed_dense", 200, 12, 10)
    model = keras.Sequential([
        layers.Input((144,)),
        layers.Dense(64, activation="relu"),
        layers.Dense(32, activation="gelu", kernel_regularizer="l2"),
        layers.Dense(10),
        layers.Activation("softmax", dtype="float32"),
    ])  # fmt: skip
    model.compile(keras.optimizers.Adam(2e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model, x.reshape(len(x), -1), label.astype(np.int32)


def convnet():
    x, label = pictures("mixed_convnet", 144, 12, 4)
    model = keras.Sequential([
        layers.Input((12, 12, 1)),
        layers.Conv2D(8, 3, padding="same", use_bias=False),
        layers.BatchNormalization(),
        layers.Activation("relu"),
        layers.MaxPooling2D(2),
        layers.Conv2D(12, 3, strides=2, padding="same", activation="relu"),
        layers.GlobalAveragePooling2D(),
        layers.Dense(4, activation="softmax"),
    ])  # fmt: skip
    model.compile(keras.optimizers.Adam(2e-3), "categorical_crossentropy", metrics=["accuracy"])
    return model, x[..., None], np.eye(4, dtype=np.float32)[label]


def attention():
    draw = generator("mixed_attention")
    x = draw.integers(1, 300, (128, 12)).astype(np.int32)
    label = (x % 7 == 0).sum(-1) > 1
    tokens = keras.Input((12,), dtype="int32")
    h = layers.Embedding(300, 16)(tokens)
    # No bias of the keys: softmax does not see it, and its gradient would be noise.
    query, key, value = (layers.EinsumDense("btd,dhk->bthk", (None, 2, 8), bias_axes=axes)(h) for axes in ("hk", None, "hk"))
    weight = layers.Softmax()(ops.einsum("bthk,bshk->bhts", query, key) * 8**-0.5)
    mixed = layers.EinsumDense("bthk,hkd->btd", (None, 16), bias_axes="d")(ops.einsum("bhts,bshk->bthk", weight, value))
    h = layers.LayerNormalization()(layers.Add()([h, mixed]))
    h = layers.Dense(16, activation="silu")(h)
    out = layers.Dense(1, activation="sigmoid", dtype="float32")(layers.GlobalAveragePooling1D()(h))
    model = keras.Model(tokens, out)
    model.compile(keras.optimizers.Adam(5e-3), "binary_crossentropy", metrics=["accuracy"])
    return model, x, label.astype(np.float32)[:, None]


def overflow():
    """Gradients overflow until the scale is small enough, and again whenever it has grown."""
    draw = generator("mixed_overflow")
    x = draw.normal(size=(160, 8)).astype(np.float32)
    y = (x @ draw.normal(size=(8, 2)) * 0.5).astype(np.float32)
    model = keras.Sequential([layers.Input((8,)), layers.Dense(12, activation="tanh"), layers.Dense(2)])
    scaled = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.05, momentum=0.5), initial_scale=2.0**24, dynamic_growth_steps=3)
    model.compile(scaled, "mse", metrics=["mae"])
    return model, x, y


CASES = [(make, policy) for make in (dense, convnet, attention) for policy in ("mixed_float16", "mixed_bfloat16")] + [(overflow, "mixed_float16")]


def write_trainings(names):
    index = []
    for make, policy in CASES:
        name = f"{make.__name__}_{policy.removeprefix('mixed_')}"
        what = f"{make.__name__} under {policy}"
        index.append({"name": name, "what": what, "policy": policy})
        if not names or name in names:
            training.write(name, what, make, 1, dict(epochs=3, batch_size=32), group="mixed", policy=policy)
    write_json(ROOT / "mixed" / "index.json", index)


def write_layers():
    keras_env.fresh()
    store = Store()
    entries = layer.under_policies(store)
    text = keras_env.renumber(json.dumps(keras.saving.serialize_keras_object(entries)))
    store.save(ROOT / "mixed" / "layers.npz", {"keras": keras.__version__, "cases": json.loads(text)})


if __name__ == "__main__":
    chosen = sys.argv[1:]
    if not chosen or "layers" in chosen:
        write_layers()
    if chosen != ["layers"]:
        write_trainings(chosen)
