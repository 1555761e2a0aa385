"""Models as real Keras saves and prints them: architectures/NAME/{model.keras, config.json, summary.txt, wide.txt, ..., io.npz}.

config.json repeats the file's own, indented. summary.txt is `summary()` on 80 columns, wide.txt with every option on 140,
summaries.json other options, loaded.txt of the model as loaded. plain.dot and whole.dot are `model_to_dot` without and with all options.
io.npz: inputs, predictions, weights with their paths, the names of the layers, the model's name.
"""

import keras_env  # isort: skip
import json
import os
import re
import zipfile

import keras
import numpy as np
from keras import layers, ops

from keras_env import fresh, save, variables
from store import ROOT, Store, generator, write_json

MODELS = []


def model(make):
    MODELS.append(make)
    return make


@model
def seed():
    """The seed network, smaller, compiled with strings; automatic names."""
    net = keras.Sequential([layers.Input((20,)), layers.Dense(12, activation="relu"), layers.Dense(4, activation="softmax")])
    net.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    return net


@model
def every_layer():
    """Sequential with every layer of the first slice that fits in a row."""
    return keras.Sequential([
        layers.Input((10, 10, 2)),
        layers.Conv2D(4, 3, padding="same"), layers.BatchNormalization(), layers.ReLU(max_value=6.0), layers.MaxPooling2D(2),
        layers.Conv2D(6, (3, 2), strides=(2, 1), use_bias=False, kernel_initializer="he_normal"), layers.Activation("tanh"),
        layers.Dropout(0.25, seed=3), layers.Flatten(), layers.Dense(12, kernel_regularizer="l2"), layers.Reshape((3, 4)),
        layers.Flatten(), layers.Dense(5), layers.Softmax(),
    ])  # fmt: skip


@model
def pooled():
    """GlobalAveragePooling2D, unknown picture sizes."""
    inputs = keras.Input((None, None, 3))
    x = layers.Conv2D(4, 3, activation="relu")(inputs)
    return keras.Model(inputs, layers.Dense(2)(layers.GlobalAveragePooling2D()(x)))


@model
def shared():
    """a = d(x); b = d(x): one layer, two nodes."""
    x = keras.Input((4,))
    d = layers.Dense(4, activation="tanh")
    return keras.Model(x, layers.Add()([d(x), d(d(x))]))


@model
def operations():
    """Ops of keras.ops and operators in the graph."""
    x = keras.Input((4,))
    y = ops.relu(x * 2 + 1.0) - x / 3
    y = ops.concatenate([y, ops.exp(-x)], axis=-1)
    return keras.Model(x, ops.mean(y[:, 1:7] @ ops.ones((6, 2)), axis=-1, keepdims=True))


@model
def inactive():
    """A Dropout of rate 0 and a linear Activation stay in the file."""
    x = keras.Input((4,))
    return keras.Model(x, layers.Activation("linear")(layers.Dropout(0.0)(layers.Dense(3)(x))))


@model
def nested():
    """A Sequential inside a functional model inside a Sequential."""
    inner = keras.Sequential([layers.Input((6,)), layers.Dense(5, activation="relu"), layers.Dense(4)], name="inner")
    x = keras.Input((6,))
    middle = keras.Model(x, layers.Concatenate()([inner(x), x]), name="middle")
    return keras.Sequential([layers.Input((6,)), middle, layers.Dense(3)])


@model
def nested_calls():
    """A functional model called twice inside another, where its first call feeds its second and is an output too."""
    x = keras.Input((3,))
    inner = keras.Model(x, layers.Dense(3, activation="elu")(x), name="inner")
    a = keras.Input((3,), name="a")
    once = inner(a)
    return keras.Model(a, [layers.Dense(1, name="head")(inner(once)), once])


@model
def dictionaries():
    """Dict inputs and outputs, compiled with dicts."""
    a, b = keras.Input((3,), name="a"), keras.Input((2,), name="b")
    both = layers.Concatenate()([a, b])
    net = keras.Model({"a": a, "b": b}, {"p": layers.Dense(2, name="p")(both), "q": layers.Dense(1, activation="sigmoid", name="q")(both)})
    net.compile("sgd", {"p": "mse", "q": "binary_crossentropy"}, metrics={"q": ["accuracy"]}, loss_weights={"p": 0.5, "q": 2.0})
    return net


@model
def lists():
    """List inputs and outputs, one input used twice, an output that is an input of another layer."""
    a, b = keras.Input((3,)), keras.Input((3,))
    first = layers.Dense(3)(a)
    second = layers.Dense(2)(layers.Add()([first, b, a]))
    return keras.Model([a, b], [first, second], name="two_lists")


@model
def frozen():
    """A layer that is not trainable, a seeded initializer, regularizers, a given dtype."""
    net = keras.Sequential([
        layers.Input((5,)),
        layers.Dense(4, kernel_initializer=keras.initializers.HeUniform(seed=4), bias_initializer="ones", name="first"),
        layers.Dense(3, kernel_regularizer=keras.regularizers.L1L2(0.01, 0.02), activity_regularizer="l2"),
    ], name="half_frozen")  # fmt: skip
    net.layers[0].trainable = False
    rate = keras.optimizers.schedules.ExponentialDecay(0.1, 100, 0.9, staircase=True)
    net.compile(keras.optimizers.SGD(rate, momentum=0.9, nesterov=True, weight_decay=0.001), keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1))
    return net


@model
def deferred():
    """Sequential without an input shape, built by its first call."""
    net = keras.Sequential([layers.Dense(4), layers.Dropout(0.5), layers.Dense(2)])
    net.build((None, 3))
    return net


def randomise(net, draw):
    """Weights away from their initial zeros and ones."""
    net.set_weights([np.asarray(w + draw.uniform(-0.3, 0.3, w.shape) if w.dtype.kind == "f" else w).astype(w.dtype) for w in net.get_weights()])


def summary(net, columns, **options):
    os.environ["COLUMNS"] = str(columns)
    lines = []
    net.summary(print_fn=lambda line, line_break=False: lines.append(line), **options)
    return "\n".join(lines) + "\n"


def summaries(net):
    """Widths and options in which tables differ."""
    wide = "Connected to" in summary(net, 200)
    last = (net.layers if isinstance(net, keras.Sequential) else net._operations)[-1].name
    positions = [0.25, 0.5, 0.6, 1.0] if wide else [0.33, 0.55, 0.97]
    options = [(60, {}), (200, {}), (77, {"show_trainable": True}), (80, {"line_length": 61}), (130, {"line_length": 120, "expand_nested": True}),
               (90, {"positions": positions}), (100, {"positions": positions, "show_trainable": True}), (80, {"layer_range": [last, last]}),
               (80, {"layer_range": [".*[a-h].*", ".*[n-q].*"]})]  # fmt: skip
    return [{"columns": columns, "options": more, "text": summary(net, columns, **more)} for columns, more in options]


def dot(net, **options):
    """Keras's nodes are Python's addresses: numbers in order of appearance here."""
    known = {}
    text = keras.utils.model_to_dot(net, **options).to_string()
    return re.sub(r"(?m)^\d+|(?<=-> )\d+", lambda m: known.setdefault(m[0], str(len(known) + 1)), text)


EVERYTHING = dict(show_shapes=True, show_dtype=True, rankdir="LR", expand_nested=True, dpi=96, show_layer_activations=True, show_trainable=True, splines="curved")  # fmt: skip


def concrete(shape, batch=3):
    return tuple(batch if i == 0 else 9 if d is None else d for i, d in enumerate(shape))


def write(make):
    fresh()
    net = make()
    folder = ROOT / "architectures" / make.__name__
    draw = generator("architectures/" + make.__name__)
    store = Store()
    randomise(net, draw)
    save(net, folder / "model.keras")
    with zipfile.ZipFile(folder / "model.keras") as archive:
        write_ordered(folder / "config.json", json.loads(archive.read("config.json")))
    names = [layer.name for layer in net.layers]
    trainable = net.trainable
    (folder / "summary.txt").write_text(summary(net, 80))
    (folder / "wide.txt").write_text(summary(net, 140, expand_nested=True, show_trainable=True))
    write_json(folder / "summaries.json", summaries(net))
    (folder / "loaded.txt").write_text(summary(keras.saving.load_model(folder / "model.keras"), 80))
    (folder / "plain.dot").write_text(dot(net))
    (folder / "whole.dot").write_text(dot(net, **EVERYTHING))
    symbols = net.inputs[0] if isinstance(net, keras.Sequential) else net._inputs_struct
    inputs = keras.tree.map_structure(lambda t: draw.normal(size=concrete(t.shape)).astype(np.float32), symbols)
    predictions = net.predict(inputs, verbose=0)
    again = keras.saving.load_model(folder / "model.keras", compile=False).predict(inputs, verbose=0)
    keras.tree.map_structure(np.testing.assert_array_equal, predictions, again)
    nest = lambda value: keras.tree.map_structure(store.put, value)
    meta = {"what": make.__doc__, "name": net.name, "layers": names, "trainable": trainable, "inputs": nest(inputs), "predictions": nest(predictions),
            "weights": variables(store, net.weights), "trainable_weights": [v.path for v in net.trainable_weights]}  # fmt: skip
    store.save(folder / "io.npz", meta)
    return {"name": make.__name__, "what": make.__doc__}


def write_ordered(path, value):
    """Keys in Keras's order: it is part of what is to be matched."""
    path.write_text(json.dumps(value, indent=1) + "\n")


NAMED = {
    "layers": ["Dense", "Conv2D", "Conv1D", "Conv2DTranspose", "DepthwiseConv2D", "SeparableConv2D", "MaxPooling2D", "AveragePooling1D", "GlobalAveragePooling2D",
               "GlobalMaxPooling2D", "BatchNormalization", "LayerNormalization", "InputLayer", "ReLU", "PReLU", "LeakyReLU", "ELU", "Softmax", "Activation", "Dropout",
               "Flatten", "Reshape", "Add", "Concatenate", "UpSampling2D", "ZeroPadding2D", "LSTM", "GRU", "SimpleRNN", "MultiHeadAttention", "Embedding",
               "TimeDistributed", "Bidirectional", "GaussianNoise", "RepeatVector", "Permute", "Cropping2D", "UnitNormalization", "RMSNormalization", "Identity"],
    "classes": ["MyLayer", "HTTPLayer", "VAE", "Block2", "conv_block", "XMLParser", "A", "AB", "Layer1D", "GAN2Net"],
}  # fmt: skip


def names():
    """to_snake_case of class names, as automatic names are made from them."""
    from keras.src.utils.naming import to_snake_case

    return {name: to_snake_case(name) for group in NAMED.values() for name in group}


def main():
    out = [write(make) for make in MODELS]
    write_json(ROOT / "architectures" / "names.json", names())
    return out
