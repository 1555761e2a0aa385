"""Reductions, cumulative ops, softmax."""

import numpy as np

from op_cases.case import ALL, FLOATS, INTEGERS, T, array, case

AXES = [None, 0, 1, -1, (0, 2), (0, 1, 2)]
SUMS = ("sum", "mean", "prod", "max", "min")
WIDE = ("sum", "mean", "max", "min", "prod", "any", "all", "std", "var", "logsumexp")


def cases():
    for op in WIDE:
        dtypes = FLOATS if op in ("logsumexp",) else ALL
        low, high = (0.5, 1.5) if op == "prod" else (-2, 2)
        for axis in AXES:
            for keepdims in (False, True):
                yield case(op, [T((2, 3, 4), "bool" if op in ("any", "all") else "float32", low, high)], axis=axis, keepdims=keepdims)
        for dtype in dtypes:
            if dtype == "bool" and op in ("std", "var"):
                continue
            if dtype != "float32":
                integer = "int" in dtype
                yield case(op, [T((3, 5), dtype, 1 if integer and op == "prod" else (low if not integer else -3), 3 if integer else high)], axis=1)
        yield case(op, [T(())])
        yield case(op, [T((1, 1))], axis=1)
        if op not in ("max", "min", "logsumexp", "std", "var", "mean"):
            yield case(op, [T((0, 3))], axis=0)
        yield case(op, [T((0, 3))], axis=1)
        if op in ("sum", "mean"):
            for axis in (0, 1, None):
                yield case(op, [T((67, 131), "float32", -1, 1)], axis=axis)
            yield case(op, [T((3, 300), "bfloat16", 0, 1)], axis=1, gradient=False)
            yield case(op, [T((3, 300), "float16", 0, 1)], axis=1, gradient=False)
    for op in ("max", "min"):
        yield case(op, [array([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]])], label="ties,axis=1", axis=1)
        yield case(op, [array([[1.0, np.nan], [2.0, -np.inf]])], label="special,axis=1", gradient=False, axis=1)
        yield case(op, [T((2, 3))], axis=1, initial=1.0)
    yield case("prod", [array([[0.0, 2.0, 3.0], [0.0, 0.0, 2.0]])], label="zeros,axis=1", axis=1)
    yield case("prod", [T((2, 3), "int8", 1, 4)], axis=1, dtype="int32")
    yield case("logsumexp", [array([[-np.inf, -np.inf], [1000.0, 1000.0], [-1000.0, 0.0]])], label="special,axis=1", gradient=False, axis=1)
    for op in ("any", "all"):
        yield case(op, [array([[0.0, np.nan], [0.0, -0.0]])], label="special,float32,axis=1", axis=1)
    for op in ("argmax", "argmin"):
        for dtype in FLOATS + INTEGERS:
            yield case(op, [T((3, 5), dtype, -9, 9)], axis=1)
        for axis in (None, 0, -1):
            for keepdims in (False, True):
                yield case(op, [T((2, 3, 4))], axis=axis, keepdims=keepdims)
        yield case(op, [array([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]])], label="ties,axis=1", axis=1)
        yield case(op, [array([[1.0, np.nan, 3.0], [-0.0, 0.0, -1.0]])], label="special,axis=1", axis=1)
        yield case(op, [T((0, 3))], axis=1)
    for op in ("cumsum", "cumprod"):
        for axis in (None, 0, 1, -1):
            yield case(op, [T((2, 3, 4), "float32", 0.5, 1.5)], axis=axis)
        for dtype in ALL:
            yield case(op, [T((3, 4), dtype, 1, 3)], axis=1)
        yield case(op, [T((0, 3))], axis=0)
        yield case(op, [T((1,))], axis=0)
        yield case(op, [T((4,), "int32", 1, 4)], axis=0, dtype="float32")
    for op in ("amax", "amin", "ptp", "median"):
        yield case(op, [T((3, 5))], axis=1)
    yield case("count_nonzero", [T((3, 5), "int32", 0, 3)], axis=1)
    yield case("average", [T((3, 4)), ], label="plain", axis=1)
    for keepdims in (False, True):
        yield case("moments", [T((2, 3, 4))], axes=[0, 1], keepdims=keepdims)
    for dtype in ("float16", "bfloat16", "float64"):
        yield case("moments", [T((5, 4), dtype)], axes=[0])
    for order in (None, 1, 2, 3, "inf"):
        attributes = {"ord": np.inf if order == "inf" else order, "axis": 1}
        made = case("norm", [T((3, 4))], label=f"ord={order},axis=1", **attributes)
        made.shown_attributes["ord"] = order
        yield made
    for order in (0, 0.5, "-inf"):
        made = case("norm", [T((2, 3, 4))], label=f"ord={order},axis=-1", ord=-np.inf if order == "-inf" else order, axis=-1, keepdims=True)
        made.shown_attributes["ord"] = order
        yield made
    for order in (None, "fro", 1, -1, "inf", "-inf"):
        made = case("norm", [T((2, 3, 4))], label=f"matrix,ord={order}", ord={"inf": np.inf, "-inf": -np.inf}.get(order, order), axis=(0, 2))
        made.shown_attributes["ord"] = order
        yield made
    yield case("norm", [T((3, 4), "int32", -3, 4)], keepdims=True)
    yield case("norm", [T((3, 4), "bfloat16")], axis=1)
    yield case("norm", [T((3, 4))], label="matrix,ord=1,axis=None", ord=1)
    for order in (1, 2, 3):
        yield case("normalize", [T((3, 4))], axis=-1, order=order)
    yield case("normalize", [T((2, 3, 4))], axis=(0, 2))
    yield case("normalize", [T((3, 4))], axis=0, order=2, epsilon=2.0)
    yield case("normalize", [array([[0.0, 0.0], [1e-9, 0.0], [3.0, 4.0]])], label="small,axis=-1", gradient=False)
    yield case("normalize", [array([[0.0, 0.0], [1e-9, 0.0], [3.0, 4.0]])], label="small,order=1", order=1)


def softmax():
    for op in ("softmax", "log_softmax", "sparsemax"):
        for dtype in FLOATS:
            yield case(op, [T((3, 5), dtype, -4, 4)], axis=-1, inexact=op == "sparsemax" and dtype != "float32")
        for axis in (0, 1, 2, -2):
            yield case(op, [T((2, 3, 4), "float32", -4, 4)], axis=axis)
        if op != "sparsemax":
            yield case(op, [T((2, 3, 4), "float32", -4, 4)], axis=(1, 2))
            yield case(op, [T((4,))])
            yield case(op, [T((0, 3))])
            yield case(op, [array([[-np.inf, 0.0, 1.0], [1e4, -1e4, 0.0], [np.inf, 0.0, 1.0], [-np.inf, -np.inf, -np.inf]])], label="special",
                       gradient=False, inexact=True)  # fmt: skip
            yield case(op, [T((3, 257), "float32", -8, 8)])
        yield case(op, [T((3, 1))])
    for op in ("categorical_crossentropy", "binary_crossentropy"):
        for from_logits in (False, True):
            target = array([[0.0, 1.0, 0.0], [0.2, 0.3, 0.5]]) if op[0] == "c" else array([[0.0, 1.0, 1.0], [0.0, 0.7, 1.0]])
            output = T((2, 3), "float32", -3, 3) if from_logits else array([[0.2, 0.5, 0.3], [0.05, 0.9, 0.05]])
            yield case(op, [target, output], label=f"from_logits={from_logits}", from_logits=from_logits)
    for from_logits in (False, True):
        output = T((3, 4), "float32", -3, 3) if from_logits else T((3, 4), "float32", 0.05, 1)
        yield case("sparse_categorical_crossentropy", [array([1, 0, 3], "int32"), output], label=f"from_logits={from_logits}", from_logits=from_logits)
    yield case("categorical_crossentropy", [array([[0.0, 1.0], [1.0, 0.0], [0.0, 1.0]]).T.copy(), T((2, 3), "float32", 0.1, 1)], label="axis=0", axis=0)
    for axis in (-1, (1, 2)):
        yield case("layer_normalization", [T((3, 4, 5))], axis=axis)
    yield case("layer_normalization", [T((3, 4)), T((4,)), T((4,))], label="gamma,beta")
    yield case("rms_normalization", [T((3, 4))])
    yield case("batch_normalization", [T((3, 2, 4)), T((4,)), T((4,), "float32", 0.2, 2)], axis=-1)
    yield case("batch_normalization", [T((3, 4, 2)), T((4,)), T((4,), "float32", 0.2, 2)], axis=1, epsilon=0.01)
