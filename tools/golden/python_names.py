"""The public names of Keras, and of TensorFlow where Cornu follows it: tests/data/python_names.txt. Needs TensorFlow beside Keras.

    python tools/golden/python_names.py
"""

import os
import pathlib
import types

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import keras
import tensorflow as tf

TENSORFLOW = ["config", "debugging", "random", "sysconfig", "test"]
KERAS_3_16 = ["keras.ops.gammainc"]  # public there, not yet in the Keras that this runs with


def names(module, name):
    for key in dir(module):
        value = getattr(module, key)
        if key.startswith("_") or f"{name}.{key}" == "keras.src":
            continue
        if isinstance(value, types.ModuleType):
            yield from names(value, f"{name}.{key}")
        else:
            yield f"{name}.{key}"


def main():
    found = set(names(keras, "keras")) | set(KERAS_3_16) | {f"tf.{key}" for key in dir(tf) if not key.startswith("_")}
    for part in TENSORFLOW:
        found |= set(names(getattr(tf, part), f"tf.{part}"))
    out = pathlib.Path(__file__).resolve().parents[2] / "tests" / "data" / "python_names.txt"
    out.write_text("".join(f"{name}\n" for name in sorted(found)))


if __name__ == "__main__":
    main()
