"""Training goldens: a file saved by real Keras in the middle of a training, and what real Keras makes of it by going on.

training/NAME/start.keras, x.npz, y.npz [, sample_weight.npz], expected.npz. Nothing is shuffled.
"""

import keras_env  # isort: skip
import keras
import numpy as np
from keras import layers

from keras_env import fresh, plain, save, variables
from store import ROOT, Store, generator, write_npz

CASES = []


def training(what, before, **fit):
    """Registers make() -> (model, x, y[, sample_weight]); `before` epochs lead to start.keras, `fit` says how it goes on."""

    def register(make):
        CASES.append((make.__name__, what, make, before, fit))
        return make

    return register


def pictures(key, count, size, classes):
    """Small digits-like pictures: a blurred prototype for each class, shifted values, most pixels black."""
    draw = generator(key)
    prototypes = draw.random((classes, size, size)) * (draw.random((classes, size, size)) < 0.25)
    label = draw.integers(0, classes, count)
    noise = draw.random((count, size, size)) * (draw.random((count, size, size)) < 0.05)
    x = np.round(np.clip(prototypes[label] * draw.uniform(0.5, 1.2, (count, 1, 1)) + noise, 0, 1) * 255) / 255
    return x.astype(np.float32), label


@training("the seed network under Adam, categorical cross-entropy, accuracy; a remainder batch of 8", before=1, epochs=3, batch_size=32)
def seed_adam():
    x, label = pictures("seed_adam", 200, 28, 10)
    model = keras.Sequential([layers.Input((784,)), layers.Dense(128, activation="relu"), layers.Dense(10, activation="softmax")])
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    return model, x.reshape(len(x), -1), np.eye(10, dtype=np.float32)[label]


@training("SGD with Nesterov momentum and an ExponentialDecay, L2 on the kernels, sparse labels against logits", before=1, epochs=4, batch_size=16)
def sgd_nesterov_l2():
    draw = generator("sgd_nesterov_l2")
    x = draw.normal(size=(120, 20)).astype(np.float32)
    label = (x @ draw.normal(size=(20, 5))).argmax(-1).astype(np.int32)
    l2 = keras.regularizers.L2(1e-3)
    model = keras.Sequential([
        layers.Input((20,)),
        layers.Dense(32, activation="tanh", kernel_regularizer=l2),
        layers.Dense(16, activation="elu", kernel_regularizer=l2, bias_regularizer=l2),
        layers.Dense(5),
    ])  # fmt: skip
    rate = keras.optimizers.schedules.ExponentialDecay(0.05, decay_steps=10, decay_rate=0.8)
    model.compile(
        keras.optimizers.SGD(rate, momentum=0.9, nesterov=True),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    return model, x, label


@training("a convolutional network with BatchNormalization under Adam", before=1, epochs=3, batch_size=32)
def convnet_batchnorm():
    x, label = pictures("convnet_batchnorm", 144, 12, 4)
    model = keras.Sequential([
        layers.Input((12, 12, 1)),
        layers.Conv2D(8, 3, use_bias=False),
        layers.BatchNormalization(),
        layers.Activation("relu"),
        layers.MaxPooling2D(2),
        layers.Conv2D(12, 3, strides=2, padding="same", activation="relu"),
        layers.Flatten(),
        layers.Dense(4, activation="softmax"),
    ])  # fmt: skip
    model.compile(keras.optimizers.Adam(2e-3), "categorical_crossentropy", metrics=["accuracy"])
    return model, x[..., None], np.eye(4, dtype=np.float32)[label]


@training("two inputs and two outputs as dicts, loss weights, metrics of one output", before=1, epochs=3, batch_size=32)
def two_in_two_out():
    draw = generator("two_in_two_out")
    x = {"left": draw.normal(size=(160, 6)).astype(np.float32), "right": draw.normal(size=(160, 4)).astype(np.float32)}
    kind = (x["left"][:, :3] + x["right"][:, :3]).argmax(-1)
    y = {"kind": np.eye(3, dtype=np.float32)[kind], "size": (x["left"].sum(-1, keepdims=True) * 0.3).astype(np.float32)}
    left, right = keras.Input((6,), name="left"), keras.Input((4,), name="right")
    joined = layers.Concatenate()([layers.Dense(16, activation="relu")(left), layers.Dense(8, activation="relu")(right)])
    hidden = layers.Dense(16, activation="relu")(joined)
    outputs = {"kind": layers.Dense(3, activation="softmax", name="kind")(hidden), "size": layers.Dense(1, name="size")(hidden)}
    model = keras.Model({"left": left, "right": right}, outputs)
    model.compile(
        keras.optimizers.Adam(0.01),
        loss={"kind": "categorical_crossentropy", "size": "mse"},
        loss_weights={"kind": 1.0, "size": 0.25},
        metrics={"kind": ["accuracy"], "size": ["mae"]},
    )
    return model, x, y


def binary(key):
    draw = generator(key)
    x = draw.normal(size=(100, 8)).astype(np.float32)
    y = (x[:, :1] - x[:, 1:2] > 0.3).astype(np.float32)
    model = keras.Sequential([layers.Input((8,)), layers.Dense(12, activation="relu"), layers.Dense(1, activation="sigmoid")])
    model.compile(keras.optimizers.Adam(0.01, clipnorm=0.5), "binary_crossentropy", metrics=["accuracy"], weighted_metrics=["mse"])
    return model, x, y, draw


@training("sample weights and a validation split; binary cross-entropy, a weighted metric, clipnorm", before=1, epochs=3, batch_size=32, validation_split=0.2)
def sample_weights():
    model, x, y, draw = binary("sample_weights")
    return model, x, y, draw.uniform(0, 2, len(x)).astype(np.float32)


@training("class weights", before=1, epochs=3, batch_size=32, class_weight={0: 1.0, 1: 2.5})
def class_weights():
    return binary("class_weights")[:3]


@training("Adam with amsgrad, weight decay, a moving average that overwrites, gradients accumulated over two steps", before=1, epochs=3, batch_size=20)
def adam_everything():
    draw = generator("adam_everything")
    x = draw.normal(size=(100, 8)).astype(np.float32)
    y = (x @ draw.normal(size=(8, 2)) * 0.5).astype(np.float32)
    model = keras.Sequential([layers.Input((8,)), layers.Dense(12, activation="tanh"), layers.Dense(2)])
    optimizer = keras.optimizers.Adam(0.01, amsgrad=True, weight_decay=0.01, global_clipnorm=1.0, use_ema=True, ema_momentum=0.9,
                                      ema_overwrite_frequency=4, gradient_accumulation_steps=2)  # fmt: skip
    model.compile(optimizer, "mse", metrics=["mae"])
    return model, x, y


@training("layers on pictures: padding, cropping, PReLU, LayerNormalization, averages and maxima, merges", before=1, epochs=3, batch_size=24)
def many_layers():
    x, label = pictures("many_layers", 120, 10, 3)
    picture = keras.Input((10, 10, 1))
    hidden = layers.Conv2D(6, 3, kernel_initializer="orthogonal")(layers.ZeroPadding2D(1)(picture))
    hidden = layers.LayerNormalization()(layers.AveragePooling2D(2)(layers.PReLU(shared_axes=[1, 2])(hidden)))
    edges = layers.LeakyReLU(0.1)(layers.Conv2D(6, 1, kernel_constraint="unit_norm")(hidden))
    joined = layers.Subtract()([layers.Multiply()([hidden, edges]), layers.Maximum()([hidden, edges])])
    joined = layers.Cropping2D(((1, 0), (0, 1)))(joined)
    vector = layers.Average()([layers.GlobalAveragePooling2D()(joined), layers.GlobalMaxPooling2D()(joined)])
    repeated = layers.Permute((2, 1))(layers.RepeatVector(3)(layers.ELU()(layers.Dense(8)(vector))))
    model = keras.Model(picture, layers.Dense(3, activation="softmax")(layers.Flatten()(repeated)))
    model.compile(keras.optimizers.Nadam(0.01), "categorical_crossentropy", metrics=["accuracy"])
    return model, x[..., None], np.eye(3, dtype=np.float32)[label]


def optimized(name, what, make_optimizer):
    """A small regression under an optimizer; its first layer has an initializer, a regularizer and a constraint."""

    def make():
        draw = generator(name)
        x = draw.normal(size=(100, 8)).astype(np.float32)
        y = (x @ draw.normal(size=(8, 2)) * 0.5).astype(np.float32)
        weights = dict(kernel_initializer="orthogonal", kernel_regularizer=keras.regularizers.OrthogonalRegularizer(0.1), kernel_constraint=keras.constraints.MaxNorm(1.2))
        model = keras.Sequential([layers.Input((8,)), layers.Dense(12, activation="tanh", **weights), layers.Dense(2)])
        model.compile(make_optimizer(), "mse", metrics=["mae"])
        return model, x, y

    make.__name__ = name
    training(what, before=1, epochs=3, batch_size=20)(make)


schedules = keras.optimizers.schedules
optimized("adamw", "AdamW under a CosineDecay with warmup", lambda: keras.optimizers.AdamW(schedules.CosineDecay(0.0, 12, warmup_target=0.03, warmup_steps=6), weight_decay=0.1))
optimized("adamax", "Adamax under an InverseTimeDecay, clipped", lambda: keras.optimizers.Adamax(schedules.InverseTimeDecay(0.05, 5, 0.5), clipvalue=0.1))
optimized("nadam", "Nadam, gradients accumulated over two steps", lambda: keras.optimizers.Nadam(0.02, gradient_accumulation_steps=2))
optimized("adagrad", "Adagrad under a PolynomialDecay", lambda: keras.optimizers.Adagrad(schedules.PolynomialDecay(0.2, 15, 0.01, power=2.0), clipnorm=1.0))
optimized("adadelta", "Adadelta with a moving average that overwrites", lambda: keras.optimizers.Adadelta(1.0, use_ema=True, ema_momentum=0.7, ema_overwrite_frequency=3))
optimized("lion", "Lion under a PiecewiseConstantDecay", lambda: keras.optimizers.Lion(schedules.PiecewiseConstantDecay([7, 12], [0.02, 0.01, 0.005]), weight_decay=0.1))
optimized("ftrl", "Ftrl with every strength", lambda: keras.optimizers.Ftrl(0.2, l1_regularization_strength=0.01, l2_regularization_strength=0.01, l2_shrinkage_regularization_strength=0.01, beta=0.1))
optimized("adafactor", "Adafactor", lambda: keras.optimizers.Adafactor(0.1))
optimized("lamb", "Lamb under a CosineDecayRestarts, a scaled loss", lambda: keras.optimizers.Lamb(schedules.CosineDecayRestarts(0.05, 7, t_mul=1.0, m_mul=0.8), loss_scale_factor=64.0))


def named(data):
    return data if isinstance(data, dict) else {"0": data}


def write(name, what, make, before, fit, group="training", policy="float32"):
    fresh()
    keras.config.set_dtype_policy(policy)
    made = make()
    model, x, y = made[:3]
    weight = made[3] if len(made) > 3 else None
    folder = ROOT / group / name
    more = {"sample_weight": weight} if weight is not None else {}
    model.fit(x, y, shuffle=False, verbose=0, **(fit | {"epochs": before}), **more)
    save(model, folder / "start.keras")
    write_npz(folder / "x.npz", named(x))
    write_npz(folder / "y.npz", named(y))
    if weight is not None:
        write_npz(folder / "sample_weight.npz", named(weight))

    model = keras.saving.load_model(folder / "start.keras")
    store = Store()
    meta = {"what": what, "fit": fit | {"shuffle": False}, "predictions_before": nest(store, model.predict(x, verbose=0))}
    meta["start"] = {"weights": [v.path for v in model.weights], "optimizer": [v.path for v in model.optimizer.variables]}
    meta["evaluate_before"] = plain(model.evaluate(x, y, batch_size=fit["batch_size"], return_dict=True, verbose=0, **more))
    losses = []
    watch = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: losses.append(plain(logs)))
    history = model.fit(x, y, shuffle=False, verbose=0, callbacks=[watch], **fit, **more)
    meta["history"] = plain(history.history)
    meta["batches"] = losses  # the running logs after each batch
    # Read at once: after an EMA overwrite Keras's weights share buffers with the averages, and JAX's `evaluate` gives them away.
    meta["weights"] = variables(store, model.weights)
    meta["optimizer"] = variables(store, model.optimizer.variables)
    meta["evaluate"] = plain(model.evaluate(x, y, batch_size=fit["batch_size"], return_dict=True, verbose=0, **more))
    meta["predictions"] = nest(store, model.predict(x, verbose=0))
    store.save(folder / "expected.npz", meta)
    return {"name": name, "what": what}


def nest(store, value):
    if isinstance(value, dict):
        return {k: nest(store, v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [nest(store, v) for v in value]
    return store.put(value)


def main():
    return [write(*case) for case in CASES]
