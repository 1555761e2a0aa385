"""One case: an op of keras.ops, its inputs and its attributes."""

import dataclasses
from typing import Any, Callable

import ml_dtypes
import numpy as np
from keras import ops

from store import generator

FLOATS = ("float32", "float64", "float16", "bfloat16")
SIGNED = ("int8", "int16", "int32", "int64")
UNSIGNED = ("uint8", "uint16", "uint32", "uint64")
INTEGERS = SIGNED + UNSIGNED
ALL = FLOATS + INTEGERS + ("bool",)


@dataclasses.dataclass
class Case:
    name: str
    op: str
    inputs: list  # NumPy arrays, or Python numbers
    attributes: dict
    function: Callable
    shown_attributes: dict
    listed: bool = False  # the inputs are one list argument
    gradient: bool = True
    inexact: bool = False  # the result depends on the dtype (nextafter, cast): no comparison with float64


@dataclasses.dataclass
class T:
    """A random input: uniform in [low, high), of any dtype."""

    shape: Any
    dtype: str = "float32"
    low: float = -2.0
    high: float = 2.0

    def draw(self, key):
        rng = generator(key)
        shape = tuple(np.atleast_1d(self.shape)) if self.shape != () else ()
        if self.dtype == "bool":
            return np.asarray(rng.integers(0, 2, shape).astype(bool))
        if "int" in self.dtype:
            low = max(self.low, 0) if self.dtype.startswith("u") else self.low
            return np.asarray(rng.integers(int(low), max(int(self.high), int(low) + 1), shape)).astype(self.dtype)
        dtype = ml_dtypes.bfloat16 if self.dtype == "bfloat16" else self.dtype
        return np.asarray(rng.uniform(self.low, self.high, shape)).astype(dtype)


def array(values, dtype="float32"):
    return np.asarray(values).astype(ml_dtypes.bfloat16 if dtype == "bfloat16" else dtype)


def case(op, inputs, label="", function=None, listed=False, gradient=True, inexact=False, shown=None, **attributes):
    """Draws the random inputs; the case's name is OP/LABEL, by default made of dtypes and shapes."""
    if not label:
        label = ",".join(
            f"{v.dtype}[{'x'.join(map(str, np.atleast_1d(v.shape) if v.shape != () else ()))}]" if isinstance(v, (T, np.ndarray)) else repr(v)
            for v in inputs
        )
        label += "".join(f",{k}={str(v).replace(' ', '')}" for k, v in attributes.items())
    name = f"{op}/{label}"
    drawn = [v.draw(f"{name}/{i}") if isinstance(v, T) else v for i, v in enumerate(inputs)]
    shown = dict(attributes, **(shown or {}))
    return Case(name, op, drawn, attributes, function or getattr(ops, op), shown, listed, gradient, inexact)
