"""Real Keras saves networks of keras.applications, `cornu predict` runs them: python compare_applications.py [--cornu PROGRAM] [NAME...].

Weights are drawn so that activations keep unit scale, and the statistics of a BatchNormalization are those of a batch: with Keras's
initial weights some of these networks answer the same whatever they see. Prints the largest difference of logits, relative to Keras's
largest; exit 1 when one is over its tolerance, or when two inputs differ by less than 1% in Keras's own logits.
"""

import keras_env  # isort: skip
import argparse
import pathlib
import subprocess
import sys
import tempfile
import time

import keras
import numpy as np

from store import generator

NAMES = ["MobileNetV2", "MobileNetV3Small", "ResNet50", "DenseNet121", "EfficientNetB0", "InceptionV3", "Xception", "ConvNeXtTiny", "VGG16",
         "NASNetMobile"]  # fmt: skip
TOLERANCE, LEAST_DIFFERENCE = 2e-4, 1e-2


def drawn(draw, variable):
    """A kernel of variance 1 / fan_in, a scale about 1, an offset about 0."""
    shape, name = tuple(variable.shape), variable.name
    if "gamma" in name or name == "variable":
        return draw.uniform(0.8, 1.2, shape)
    if "kernel" not in name:
        return draw.normal(0, 0.1, shape)
    fan_in = np.prod(shape[:-2]) if "depthwise" in variable.path else np.prod(shape[:-1])
    return draw.normal(0, np.sqrt(2 / fan_in), shape)


def network(name, batch):
    draw = generator("applications/" + name)
    model = getattr(keras.applications, name)(weights=None, classifier_activation=None)
    for variable in model.trainable_variables:
        variable.assign(drawn(draw, variable).astype(np.float32))
    shape = (batch, *(n or 224 for n in model.input_shape[1:]))
    preprocess = sys.modules[getattr(keras.applications, name).__module__].preprocess_input
    x = preprocess(draw.uniform(0, 255, shape).astype(np.float32))
    normalizations = [layer for layer in model._flatten_layers() if isinstance(layer, keras.layers.BatchNormalization)]
    momenta = [layer.momentum for layer in normalizations]
    for layer in normalizations:
        layer.momentum = 0.0
    if normalizations:
        model(x, training=True)
    for layer, momentum in zip(normalizations, momenta):
        layer.momentum = momentum
    return model, x


def compare(program, name, batch):
    model, x = network(name, batch)
    expected = model.predict(x, verbose=0)
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        model.save(folder / "model.keras")
        np.save(folder / "x.npy", x)
        begin = time.perf_counter()
        run = subprocess.run([program, "predict", folder / "model.keras", "--x", folder / "x.npy", "--output", folder / "y.npy"],
                             capture_output=True, text=True)  # fmt: skip
        seconds = time.perf_counter() - begin
        if run.returncode:
            print(f"{name:18} exit {run.returncode}: {run.stderr.strip()}")
            return False
        found = np.load(folder / "y.npy")
    largest = np.abs(expected).max()
    error, difference = np.abs(found - expected).max() / largest, np.abs(expected[0] - expected[1]).max() / largest
    good = error <= TOLERANCE and difference >= LEAST_DIFFERENCE and np.isfinite(largest)
    print(f"{name:18} {model.count_params():>11,} parameters  error {error:.1e}  two inputs differ by {difference:.0%}  "
          f"{seconds:.1f} s {'' if good else ' FAILED'}", flush=True)  # fmt: skip
    return good


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cornu", default="cornu")
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("names", nargs="*", default=NAMES)
    arguments = parser.parse_args()
    good = [compare(arguments.cornu, name, arguments.batch) for name in arguments.names]
    sys.exit(not all(good))
