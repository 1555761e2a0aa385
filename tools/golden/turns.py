"""Trainings that `fit` alone does not describe: freezing between fits, two models that share a layer."""

import keras_env  # isort: skip
import jax
import jax.numpy as jnp
import keras
import numpy as np
from keras import layers

from keras_env import fresh, plain, save, variables
from store import ROOT, Store, generator, write_npz


def data(key, inputs, classes, count=96):
    draw = generator(key)
    x = draw.normal(size=(count, inputs)).astype(np.float32)
    return x, np.eye(classes, dtype=np.float32)[(x @ draw.normal(size=(inputs, classes))).argmax(-1)]


def gradients(model, x, y):
    """The loss's gradients for the variables that are trainable now."""
    frozen = [v.value for v in model.non_trainable_variables]

    def loss(trainable):
        y_pred, _ = model.stateless_call(trainable, frozen, x, training=True)
        return jnp.mean(keras.losses.categorical_crossentropy(y, y_pred))

    return jax.grad(loss)([v.value for v in model.trainable_variables])


def freezing():
    """3 steps, first layer frozen for 3 steps, thawed for 3 steps: by optimizer.apply on the variables trainable at the time."""
    x, y = data("freezing", 8, 3)
    model = keras.Sequential([layers.Input((8,)), layers.Dense(10, activation="relu"), layers.Dense(3, activation="softmax")])
    model.compile(keras.optimizers.Adam(0.01), "categorical_crossentropy")
    model.optimizer.build(model.trainable_variables)
    folder, store, phases = ROOT / "training" / "freezing", Store(), []
    save(model, folder / "start.keras")
    for trainable in (True, False, True):
        model.layers[0].trainable = trainable
        for step in range(3):
            rows = slice(32 * step, 32 * step + 32)
            model.optimizer.apply(gradients(model, x[rows], y[rows]), model.trainable_variables)
        phases.append({"trainable": trainable, "weights": variables(store, model.weights), "optimizer": variables(store, model.optimizer.variables)})
    write_npz(folder / "x.npz", {"0": x})
    write_npz(folder / "y.npz", {"0": y})
    store.save(folder / "expected.npz", {"what": freezing.__doc__, "batch_size": 32, "layer": "dense", "phases": phases})


def shared_layer():
    """Two models share their first layer and train in turn, two epochs each, twice; each has its own optimizer."""
    x, y = data("shared_layer", 6, 3)
    target = x[:, :2] * 0.5
    inputs = keras.Input((6,))
    hidden = layers.Dense(8, activation="tanh", name="shared")(inputs)
    first = keras.Model(inputs, layers.Dense(3, activation="softmax", name="kind")(hidden), name="first")
    second = keras.Model(inputs, layers.Dense(2, name="size")(hidden), name="second")
    first.compile(keras.optimizers.Adam(0.01), "categorical_crossentropy")
    second.compile(keras.optimizers.SGD(0.1, momentum=0.9), "mse")
    folder, store, turns = ROOT / "training" / "shared_layer", Store(), []
    whole = keras.Model(inputs, [first.output, second.output], name="whole")  # carries the weights of both
    save(whole, folder / "start.keras")
    for turn in range(4):
        model, wanted = ((first, y), (second, target))[turn % 2]
        history = model.fit(x, wanted, batch_size=32, epochs=2, shuffle=False, verbose=0).history
        turns.append({"model": model.name, "history": plain(history), "weights": variables(store, model.weights),
                      "optimizer": variables(store, model.optimizer.variables)})  # fmt: skip
    write_npz(folder / "x.npz", {"0": x})
    write_npz(folder / "y.npz", {"first": y, "second": target})
    store.save(folder / "expected.npz", {"what": shared_layer.__doc__, "batch_size": 32, "turns": turns})


def main():
    out = []
    for make in (freezing, shared_layer):
        fresh()
        make()
        out.append({"name": make.__name__, "what": make.__doc__, "turns": True})
    return out
