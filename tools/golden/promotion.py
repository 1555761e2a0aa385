"""promotion.json: the lattice for every pair. result_dtypes.json: what each op makes of each dtype, 64-bit types kept."""

import json

import jax
import jax.numpy as jnp
from keras import ops
from keras.src.backend.common import dtypes as keras_dtypes

from op_cases.case import ALL
from op_cases.pointwise import BINARY, BITWISE, UNARY
from store import write_json

REDUCTIONS = ("sum", "mean", "prod", "max", "min", "any", "all", "argmax", "argmin", "std", "var", "cumsum", "cumprod", "logsumexp",
              "count_nonzero", "softmax", "log_softmax", "sort", "argsort")  # fmt: skip
COMPARISONS = ("equal", "less")
PYTHON = {"int": int, "float": float}


INDICES = ("argmax", "argmin", "argsort", "count_nonzero", "searchsorted", "digitize")


def settle(op, computed, given):
    """With 64-bit types on, JAX's defaults are 64-bit too. Keras's are not: 64 bits come only from a 64-bit operand of the kind."""
    if op in INDICES:
        return "int32"
    if computed == "float64" and "float64" not in given:
        return "float32"
    if computed == "int64" and not any(d in ("int64", "uint32", "uint64") for d in given):
        return "int32"
    return computed


def computed(op, width, *names):
    bits = 64 if any("64" in name for name in names) else 32
    with width(bits):
        try:
            out = jax.eval_shape(getattr(ops, op), *[jax.ShapeDtypeStruct((3, 3), jnp.dtype(name)) for name in names])
        except Exception:  # Keras refuses the dtype
            return None
        dtype = out.dtype.name
        return settle(op, dtype, names) if bits == 64 else dtype


def write_lattice(folder):
    table = {a: {b: keras_dtypes._lattice_result_type(a, PYTHON.get(b, b)) for b in (*ALL, *PYTHON)} for a in ALL}
    table |= {a: {b: keras_dtypes._lattice_result_type(PYTHON[a], PYTHON[b]) for b in PYTHON} for a in PYTHON}
    write_json(folder / "promotion.json", table)


def write_results(folder, width):
    """One line an op: the results for `dtypes` in order; a matrix (first operand by row) for binary ops; null: refused."""
    unary = {op: [computed(op, width, a) for a in ALL] for op in (*UNARY, *BITWISE, *REDUCTIONS)}
    binary = {op: [[computed(op, width, a, b) for b in ALL] for a in ALL] for op in (*BINARY, *COMPARISONS, "matmul")}

    def lines(table):
        return ",\n".join(f'"{op}": {json.dumps(row, separators=(",", ":"))}' for op, row in sorted(table.items()))

    text = f'{{"dtypes": {json.dumps(ALL)},\n"unary": {{\n{lines(unary)}}},\n"binary": {{\n{lines(binary)}}}}}\n'
    (folder / "result_dtypes.json").write_text(text)
