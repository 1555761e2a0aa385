"""Golden files of the ops: python ops.py [FAMILY...]  ->  tests/data/golden/ops/FAMILY.npz, promotion.json, result_dtypes.json.

Real Keras on JAX computes every case of op_cases/. Cases with a 64-bit operand run with 64-bit types switched on, and with
Keras's own step from 64 to 32 bits switched off.
"""

import contextlib
import os
import sys

os.environ["KERAS_BACKEND"] = "jax"
os.environ["JAX_ENABLE_X64"] = "1"
os.environ["JAX_PLATFORMS"] = "cpu"

import jax
import jax.numpy as jnp
import keras
import numpy as np
from keras.src.backend.common import dtypes as keras_dtypes

import op_cases
import promotion
from store import ROOT, Store, dtype_name, generator

SIXTY_FOUR_TO_32 = dict(keras_dtypes.BIT64_TO_BIT32_DTYPE)
FLOATS = ("float16", "bfloat16", "float32", "float64")


@contextlib.contextmanager
def width(bits):
    """Keras as it runs by default (32), or with 64-bit types kept (64)."""
    keras_dtypes.BIT64_TO_BIT32_DTYPE.clear()
    if bits == 32:
        keras_dtypes.BIT64_TO_BIT32_DTYPE.update(SIXTY_FOUR_TO_32)
    with jax.enable_x64(bits == 64):
        yield
    keras_dtypes.BIT64_TO_BIT32_DTYPE.update(SIXTY_FOUR_TO_32)


def flat(value):
    return [leaf for leaf in jax.tree_util.tree_leaves(value)]


def call(case, arrays):
    """The case's op on its inputs; a list of outputs."""
    if case.listed:
        out = case.function(list(arrays), **case.attributes)
    else:
        out = case.function(*arrays, **case.attributes)
    return flat(out)


def tensors(case, cast_to=None):
    out = []
    for value in case.inputs:
        if isinstance(value, np.ndarray):
            if cast_to and dtype_name(value) in FLOATS:
                value = value.astype(cast_to)
            value = jnp.asarray(value)
        out.append(value)
    return out


def symbolic_dtypes(case):
    """What Keras declares for the outputs; None where the op cannot be called on symbolic tensors."""
    try:
        symbols = [keras.KerasTensor(v.shape, dtype_name(v)) if isinstance(v, np.ndarray) else v for v in case.inputs]
        return [t.dtype for t in call(case, symbols)]
    except Exception:  # dynamic bodies, ops that want concrete values
        return None


def gradients(case, arrays, cotangents):
    """d sum(output * cotangent) / d input for every floating input (None for the others)."""
    wanted = [i for i, v in enumerate(case.inputs) if isinstance(v, np.ndarray) and dtype_name(v) in FLOATS]

    def total(*chosen):
        filled = list(arrays)
        for i, v in zip(wanted, chosen):
            filled[i] = v
        outs = call(case, filled)
        return sum(
            jnp.sum(out.astype(c.dtype) * c) for out, c in zip(outs, cotangents) if c is not None
        )

    found = jax.grad(total, argnums=tuple(range(len(wanted))))(*[arrays[i] for i in wanted])
    out = [None] * len(case.inputs)
    for i, g in zip(wanted, found):
        out[i] = np.asarray(g)
    return out


def difference(value, exact):
    """Largest error relative to the largest finite magnitude: what real Keras itself loses in this dtype."""
    value, exact = np.asarray(value, np.float64), np.asarray(exact, np.float64)
    finite = np.isfinite(value) & np.isfinite(exact)
    value, exact = np.where(finite, value, 0), np.where(finite, exact, 0)
    if not finite.any():
        return 0.0
    return float(f"{np.abs(value - exact).max() / max(np.abs(exact).max(), 1e-30):.2g}")


def evaluate(case, bits, report):
    """Outputs and gradients of one case as NumPy arrays, in `bits` mode."""
    with width(bits):
        arrays = tensors(case)
        outs = call(case, arrays)
        declared = symbolic_dtypes(case)
        if declared and [keras.backend.standardize_dtype(o.dtype) for o in outs] != declared:
            report.append(f"{case.name}: computed {[str(o.dtype) for o in outs]}, declared {declared}")
        if bits == 64:
            given = [dtype_name(v) for v in case.inputs if isinstance(v, np.ndarray)] + [case.attributes.get("dtype")]
            outs = [o.astype(promotion.settle(case.op, o.dtype.name, given)) for o in outs]
        outs = [np.asarray(o) for o in outs]
        cotangents = grads = None
        if case.gradient and any(dtype_name(o) in FLOATS for o in outs):
            draw = generator(case.name + "/cotangent")
            cotangents = [
                np.asarray(draw.uniform(-1, 1, o.shape)).astype(o.dtype) if dtype_name(o) in FLOATS else None
                for o in outs
            ]
            if any(isinstance(v, np.ndarray) and dtype_name(v) in FLOATS for v in case.inputs):
                try:
                    grads = gradients(case, arrays, [None if c is None else jnp.asarray(c) for c in cotangents])
                except NotImplementedError as refusal:
                    report.append(f"{case.name}: no gradient: {str(refusal).splitlines()[0]}")
                    cotangents = None
    return outs, cotangents, grads


def exact_errors(case, outs, cotangents, grads):
    """The same case in float64: how far real Keras in the case's own dtype is from it."""
    if all(dtype_name(o) not in FLOATS or dtype_name(o) == "float64" for o in outs):
        return None, None
    with width(64):
        arrays = tensors(case, "float64")
        exact = [np.asarray(o) for o in call(case, arrays)]
        errors = [difference(o, e) if dtype_name(o) in FLOATS else None for o, e in zip(outs, exact)]
        if grads is None:
            return errors, None
        wide = [None if c is None else jnp.asarray(c.astype(np.float64)) for c in cotangents]
        exact_grads = gradients(case, arrays, wide)
        return errors, [None if g is None else difference(g, e) for g, e in zip(grads, exact_grads)]


def describe(store, values, errors=None):
    out = []
    for i, value in enumerate(values):
        if value is None:
            out.append(None)
        elif isinstance(value, np.ndarray):
            entry = store.put(value)
            if errors and errors[i]:
                entry["error"] = errors[i]
            out.append(entry)
        else:
            out.append({"scalar": value})
    return out


def run_case(case, store, report):
    sixty_four = any(isinstance(v, np.ndarray) and "64" in dtype_name(v) for v in case.inputs)
    sixty_four |= "64" in str(case.attributes.get("dtype", ""))
    outs, cotangents, grads = evaluate(case, 64 if sixty_four else 32, report)
    errors, grad_errors = (None, None) if case.inexact else exact_errors(case, outs, cotangents, grads)
    for what, found in (("output", errors), ("gradient", grad_errors)):
        for e in found or []:
            if e and e > 1e-5 and all(dtype_name(v) not in ("float16", "bfloat16") for v in case.inputs if isinstance(v, np.ndarray)):
                report.append(f"{case.name}: {what} is {e} from float64")
    entry = {"name": case.name, "op": case.op, "inputs": describe(store, case.inputs), "outputs": describe(store, outs, errors)}
    if case.shown_attributes:
        entry["attributes"] = case.shown_attributes
    if case.listed:
        entry["listed"] = True
    if grads is not None:
        entry["cotangents"] = describe(store, cotangents)
        entry["gradients"] = describe(store, grads, grad_errors)
    return entry


def main():
    chosen = sys.argv[1:] or list(op_cases.FAMILIES)
    for family in chosen:
        store, report, entries = Store(), [], []
        for case in op_cases.FAMILIES[family]():
            try:
                entries.append(run_case(case, store, report))
            except (TypeError, ValueError) as refusal:  # Keras refuses this dtype
                report.append(f"{case.name}: refused: {str(refusal).splitlines()[0]}")
        names = [e["name"] for e in entries]
        twice = {n for n in names if names.count(n) > 1}
        assert not twice, f"two cases of one name: {sorted(twice)}"
        store.save(ROOT / "ops" / f"{family}.npz", {"keras": keras.__version__, "cases": entries})
        print(f"{family}: {len(entries)} cases", file=sys.stderr)
        for line in report:
            print("  " + line, file=sys.stderr)
    with width(64):
        promotion.write_lattice(ROOT / "ops")
    promotion.write_results(ROOT / "ops", width)


if __name__ == "__main__":
    main()
