"""Whole-model .h5 files as Keras 2 and Keras 3 write them  ->  legacy/KERAS_CASE.h5, with .npz and .json.

  python legacy_files.py keras2      under a Python with tf_keras (pip install tf_keras, beside the golden environment)
  python legacy_files.py keras3      under the golden environment; also writes each file's .json: what real Keras 3 makes of it

The .npz has a batch, the predictions on it, and the losses of the next steps on it: they follow from the optimizer's state too.
"""

import os
import sys

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import numpy as np

from store import ROOT, Store, generator

VERSION = sys.argv[1]
if VERSION == "keras2":
    import tf_keras as keras
else:
    import keras
layers, FOLDER = keras.layers, ROOT / "legacy"


def old(name):
    """An optimizer from before Keras 2.11, which files hold otherwise: all of one slot before the next."""
    return getattr(keras.optimizers.legacy if VERSION == "keras2" else keras.optimizers, name)


def mlp():
    model = keras.Sequential([layers.Input((5,)), layers.Dense(4, activation="relu", kernel_regularizer="l2"), layers.Dense(3, activation="softmax")])
    return model, dict(optimizer=keras.optimizers.Adam(0.01), loss="categorical_crossentropy", metrics=["accuracy"])


def cnn():
    slope = {"alpha": 0.2} if VERSION == "keras2" else {"negative_slope": 0.2}
    model = keras.Sequential([
        layers.Conv2D(3, 3, padding="same", use_bias=False, input_shape=(6, 6, 2)), layers.BatchNormalization(momentum=0.9), layers.LeakyReLU(**slope),
        layers.MaxPooling2D(2), layers.Dropout(0.0), layers.Flatten(), layers.Dense(1),
    ])  # fmt: skip
    optimizer = keras.optimizers.RMSprop(0.01, momentum=0.9, centered=True)
    return model, dict(optimizer=optimizer, loss=keras.losses.MeanSquaredError(reduction="sum"), metrics=["mae"])


def two_inputs():
    a, b = keras.Input((4,), name="a"), keras.Input((3,), name="b")
    x = layers.Concatenate(name="joined")([layers.Dense(5, activation="tanh", name="of_a")(a), b])
    outputs = [layers.Dense(1, name="one")(x), layers.Dense(3, activation="softmax", name="three")(x)]
    return keras.Model([a, b], outputs), dict(
        optimizer=keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True),
        loss={"one": "mse", "three": keras.losses.CategoricalCrossentropy(label_smoothing=0.1)}, loss_weights={"one": 1.0, "three": 0.5},
    )  # fmt: skip


def shared():
    x, dense = keras.Input((4,)), layers.Dense(4, activation="relu")
    y = layers.Add()([dense(x), dense(dense(x))])
    return keras.Model(x, layers.Dense(2)(y)), dict(optimizer=old("Adam")(0.01, amsgrad=True), loss="mean_squared_error")


def nested():
    a, x = keras.Input((4,), name="a"), keras.Input((3,))
    block = keras.Sequential([layers.Input((3,)), layers.Dense(4), layers.BatchNormalization()], name="block")
    inner = keras.Model(x, layers.Dense(3, activation="elu")(block(x)), name="inner")
    y = inner(layers.Dense(3, name="narrow")(a))
    return keras.Model(a, [layers.Dense(1, name="head")(inner(y))]), dict(optimizer=old("SGD")(0.05, momentum=0.5), loss="mse")


CASES = {f.__name__: f for f in (mlp, cnn, two_inputs, shared, nested)}
STEPS = 3


def sample(draw, tensors, kind):
    """One array a tensor; of an output that is a softmax of three, one-hot."""
    arrays = [draw.normal(size=(8, *t.shape[1:])).astype(np.float32) for t in tensors]
    if kind == "y":
        arrays = [np.eye(3, dtype=np.float32)[draw.integers(0, 3, 8)] if a.shape == (8, 3) else a for a in arrays]
    return arrays


def one_or_list(arrays):
    return arrays[0] if len(arrays) == 1 else arrays


def loss_of(result):
    return float(result[0] if isinstance(result, (list, tuple)) else result)


def write(name, make):
    keras.backend.clear_session()
    keras.utils.set_random_seed(7)
    draw = generator("legacy/" + name)
    model, compile_args = make()
    model.compile(**compile_args)
    x, y = sample(draw, model.inputs, "x"), sample(draw, model.outputs, "y")
    for _ in range(2):
        model.train_on_batch(one_or_list(x), one_or_list(y))
    path = FOLDER / f"{VERSION}_{name}"
    model.save(f"{path}.h5")
    if VERSION == "keras2" and name == "cnn":
        model.save_weights(FOLDER / "keras2_cnn_weights.h5")
        model.save_weights(FOLDER / "keras2_cnn.weights.h5")
    store = Store()
    predictions = model.predict(one_or_list(x), verbose=0)
    meta = {"x": [store.put(a) for a in x], "y": [store.put(a) for a in y],
            "predictions": [store.put(p) for p in (predictions if isinstance(predictions, list) else [predictions])],
            "losses": [loss_of(model.train_on_batch(one_or_list(x), one_or_list(y))) for _ in range(STEPS)]}  # fmt: skip
    store.save(f"{path}.npz", meta)


def describe(path):
    path.with_suffix(".json").write_text(keras.models.load_model(path, compile=False).to_json() + "\n")


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, make in CASES.items():
        write(name, make)
    if VERSION == "keras3":
        for path in sorted(FOLDER.glob("keras?_*.h5")):
            if "weights" in path.name:
                continue
            try:
                describe(path)
            except Exception as e:
                print(f"{path.name}: real Keras 3 cannot read it: {e}")


if __name__ == "__main__":
    main()
