"""The public names of Keras, and of TensorFlow where Cornu follows it: tests/data/python_names.txt, a line an object: its first name,
"class" or "function", its other names. Needs TensorFlow beside Keras.

    python tools/golden/python_names.py
"""

import os
import pathlib
import types

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import keras
import tensorflow as tf

TENSORFLOW = ["config", "debugging", "random", "sysconfig", "test"]
# Public in Keras 3.16, not yet in the Keras that this runs with: as lines of the file.
KERAS_3_16 = """
keras.dtype_policies.TernaryDTypePolicy class
keras.layers.TernaryDense class
keras.ops.column_stack function keras.ops.numpy.column_stack
keras.ops.gammainc function
keras.ops.image.reconstruct_patches function
keras.ops.matrix_power function keras.ops.linalg.matrix_power
keras.quantizers.QuantizationReport class
keras.quantizers.TernaryQuantizationConfig class
keras.quantizers.pack_int2 function
keras.quantizers.pack_ternary function
keras.quantizers.unpack_int2 function
keras.quantizers.unpack_ternary function
"""
NOT_IN_KERAS_3_16 = ("keras.legacy.",)


def names(module, name):
    for key in dir(module):
        value = getattr(module, key)
        if key.startswith("_") or f"{name}.{key}" == "keras.src":
            continue
        if isinstance(value, types.ModuleType):
            yield from names(value, f"{name}.{key}")
        else:
            yield f"{name}.{key}", value


def symbols(module, name):
    """A line an object: its first name, what it is, its other names."""
    by_object = {}
    for full, value in names(module, name):
        if not full.startswith(NOT_IN_KERAS_3_16):
            by_object.setdefault(id(value), ("class" if isinstance(value, type) else "function", set()))[1].add(full)
    for kind, all_names in by_object.values():
        first, *others = sorted(all_names)
        yield " ".join([first, kind, *others])


def main():
    lines = set(symbols(keras, "keras")) | set(KERAS_3_16.split("\n")[1:-1])
    lines |= {f"tf.{key} function" for key in dir(tf) if not key.startswith("_")}
    for part in TENSORFLOW:
        lines |= {f"{full} function" for full, _ in names(getattr(tf, part), f"tf.{part}")}
    out = pathlib.Path(__file__).resolve().parents[2] / "tests" / "data" / "python_names.txt"
    out.write_text("".join(f"{line}\n" for line in sorted(lines)))


if __name__ == "__main__":
    main()
