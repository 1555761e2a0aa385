"""Pointwise ops: one table row an op, with the interval its float inputs are drawn from."""

import numpy as np

from op_cases.case import ALL, FLOATS, INTEGERS, SIGNED, T, array, case

SPECIAL = [-np.inf, -3.0e38, -20.0, -2.5, -1.0, -0.5, -1e-6, -1e-40, -0.0, 0.0, 1e-40, 1e-6, 0.5, 1.0, 1.5, 2.5, 20.0, 100.0, 3.0e38, np.inf, np.nan]

# op: (low, high) of the inputs
UNARY = {
    "absolute": (-3, 3), "arccos": (-0.95, 0.95), "arccosh": (1.1, 4), "arcsin": (-0.95, 0.95), "arcsinh": (-3, 3),
    "arctan": (-3, 3), "arctanh": (-0.9, 0.9), "angle": (-3, 3), "cbrt": (0.1, 4), "ceil": (-3, 3), "conj": (-3, 3),
    "cos": (-3, 3), "cosh": (-3, 3), "deg2rad": (-180, 180), "erf": (-3, 3), "erfc": (-2, 3), "erfinv": (-0.9, 0.9),
    "exp": (-3, 3), "exp2": (-3, 3), "expm1": (-2, 2), "fabs": (-3, 3), "floor": (-3, 3), "i0": (-3, 3), "imag": (-3, 3),
    "isfinite": (-3, 3), "isinf": (-3, 3), "isnan": (-3, 3), "isneginf": (-3, 3), "isposinf": (-3, 3), "isreal": (-3, 3),
    "log": (0.1, 4), "log10": (0.1, 4), "log1p": (-0.8, 3), "log2": (0.1, 4), "logical_not": (-3, 3), "nan_to_num": (-3, 3),
    "negative": (-3, 3), "rad2deg": (-3, 3), "real": (-3, 3), "reciprocal": (0.3, 3), "round": (-3, 3), "rsqrt": (0.1, 4),
    "sign": (-3, 3), "signbit": (-3, 3), "sin": (-3, 3), "sinc": (-3, 3), "sinh": (-3, 3), "sqrt": (0.1, 4), "square": (-3, 3),
    "tan": (-1.3, 1.3), "tanh": (-3, 3), "trunc": (-3, 3),
    "celu": (-3, 3), "elu": (-3, 3), "gelu": (-3, 3), "hard_shrink": (-2, 2), "hard_sigmoid": (-4, 4), "hard_silu": (-4, 4),
    "hard_tanh": (-2, 2), "leaky_relu": (-3, 3), "log_sigmoid": (-4, 4), "relu": (-3, 3), "relu6": (-3, 9), "selu": (-3, 3),
    "sigmoid": (-4, 4), "silu": (-4, 4), "soft_shrink": (-2, 2), "softplus": (-4, 4), "softsign": (-3, 3),
    "sparse_plus": (-2, 2), "sparse_sigmoid": (-2, 2), "squareplus": (-3, 3), "tanh_shrink": (-3, 3),
}  # fmt: skip
BITWISE = ("bitwise_not", "bitwise_invert")
FLOAT_ONLY = {
    "celu", "elu", "gelu", "hard_shrink", "hard_sigmoid", "hard_silu", "hard_tanh", "leaky_relu", "log_sigmoid", "relu6",
    "selu", "sigmoid", "silu", "soft_shrink", "softplus", "softsign", "sparse_plus", "sparse_sigmoid", "squareplus",
    "tanh_shrink", "erf", "erfc", "erfinv", "rsqrt",
}  # fmt: skip
NOT_OF_BOOL = {"negative", "sign"}
NO_SPECIAL = {"i0", "erfc"}  # JAX's own values there depend on the processor's code path

# ops with an argument: (op, interval, attributes)
WITH_ARGUMENTS = [
    ("celu", (-3, 3), {"alpha": 0.5}),
    ("elu", (-3, 3), {"alpha": 0.3}),
    ("gelu", (-3, 3), {"approximate": False}),
    ("hard_shrink", (-2, 2), {"threshold": 0.8}),
    ("leaky_relu", (-3, 3), {"negative_slope": 0.05}),
    ("round", (-300, 300), {"decimals": -1}),
    ("round", (-3, 3), {"decimals": 2}),
    ("soft_shrink", (-2, 2), {"threshold": 0.8}),
    ("squareplus", (-3, 3), {"b": 2}),
    ("threshold", (-2, 2), {"threshold": 0.3, "default_value": -7.0}),
]


def unary():
    for op, (low, high) in UNARY.items():
        for shape in ((3, 4), (), (0, 3), (1,)):
            yield case(op, [T(shape, "float32", low, high)])
        for dtype in ("float64", "float16", "bfloat16"):
            yield case(op, [T((7,), dtype, low, high)])
        if op not in NO_SPECIAL:
            for dtype in FLOATS:
                special = [v for v in SPECIAL if not (dtype == "float16" and 1e5 < abs(v) < np.inf)]
                yield case(op, [array(special, dtype)], label=f"special,{dtype}", gradient=False, inexact=True)
        if op in FLOAT_ONLY:
            continue
        for dtype in INTEGERS + (() if op in NOT_OF_BOOL else ("bool",)):
            top = 2 if high <= 1.5 else 6
            yield case(op, [T((5,), dtype, 1 if low > 0 else (-1 if low > -1 else -4), top)])
    for op, (low, high), attributes in WITH_ARGUMENTS:
        for dtype in ("float32", "float64", "bfloat16"):
            yield case(op, [T((7,), dtype, low, high)], **attributes)
    yield case("round", [T((5,), "int32", -300, 300)], decimals=-1)
    for op in BITWISE:
        for dtype in INTEGERS + ("bool",):
            yield case(op, [T((5,), dtype, -100, 100)])
    for dtype in FLOATS:
        yield case("nan_to_num", [array([np.nan, np.inf, -np.inf, 1.5], dtype)], label=f"replaced,{dtype}", gradient=False,
                   inexact=True, nan=1.0, posinf=2.0, neginf=-2.0)  # fmt: skip
    for axis in (-1, 0):
        yield case("glu", [T((4, 6))], axis=axis)


# op: (first interval, second interval, dtypes)
NUMBERS = FLOATS + INTEGERS
BINARY = {
    "add": ((-3, 3), (-3, 3), ALL), "subtract": ((-3, 3), (-3, 3), NUMBERS), "multiply": ((-3, 3), (-3, 3), ALL),
    "divide": ((-3, 3), (0.5, 3), ALL), "true_divide": ((-3, 3), (0.5, 3), ("float32", "int32", "uint8")),
    "divide_no_nan": ((-3, 3), (0.5, 3), ("float32", "float64", "bfloat16")), "floor_divide": ((-9, 9), (1, 4), NUMBERS),
    "mod": ((-9, 9), (1, 4), NUMBERS), "fmod": ((-9, 9), (1, 4), NUMBERS), "power": ((0.3, 3), (0.5, 3), NUMBERS),
    "maximum": ((-3, 3), (-3, 3), ALL), "minimum": ((-3, 3), (-3, 3), ALL), "fmax": ((-3, 3), (-3, 3), NUMBERS),
    "fmin": ((-3, 3), (-3, 3), NUMBERS), "arctan2": ((-3, 3), (0.5, 3), ALL), "hypot": ((-3, 3), (0.5, 3), FLOATS + ("int32",)),
    "logaddexp": ((-3, 3), (-3, 3), ALL), "logaddexp2": ((-3, 3), (-3, 3), FLOATS), "heaviside": ((-3, 3), (-3, 3), FLOATS + ("int32",)),
    "nextafter": ((-3, 3), (-3, 3), ("float32", "float64")), "gcd": ((-30, 30), (1, 20), INTEGERS), "lcm": ((-9, 9), (1, 9), INTEGERS),
    "bitwise_and": ((-90, 90), (-90, 90), INTEGERS + ("bool",)), "bitwise_or": ((-90, 90), (-90, 90), INTEGERS + ("bool",)),
    "bitwise_xor": ((-90, 90), (-90, 90), INTEGERS + ("bool",)), "bitwise_left_shift": ((-9, 9), (0, 4), INTEGERS),
    "bitwise_right_shift": ((-90, 90), (0, 4), INTEGERS), "left_shift": ((-9, 9), (0, 4), ("int32", "uint8")),
    "right_shift": ((-90, 90), (0, 4), ("int32", "uint8")),
    "logical_and": ((-1, 2), (-1, 2), ALL), "logical_or": ((-1, 2), (-1, 2), ALL), "logical_xor": ((-1, 2), (-1, 2), ALL),
}  # fmt: skip
INEXACT = {"nextafter", "floor_divide", "mod", "fmod"}
BROADCAST = [((3, 1), (4,)), ((2, 3, 4), ()), ((), ()), ((0, 3), (3,)), ((1,), (2, 1)), ((2, 1, 4), (3, 1))]
MIXED = [("int32", "float32"), ("int64", "float16"), ("uint8", "int8"), ("bool", "int16"), ("float16", "bfloat16"),
         ("float64", "float32"), ("uint32", "int32"), ("bool", "float32"), ("int8", "uint64")]  # fmt: skip


def binary():
    for op, (first, second, dtypes) in BINARY.items():
        inexact, gradient = op in INEXACT, op != "nextafter"
        for dtype in dtypes:
            ints = "int" in dtype
            low = 1 if ints and second[0] > 0 else second[0]
            yield case(op, [T((3, 4), dtype, *first), T((3, 4), dtype, low, second[1] + ints)], inexact=inexact, gradient=gradient)
        if "float32" in dtypes:
            for a, b in BROADCAST:
                yield case(op, [T(a, "float32", *first), T(b, "float32", *second)], inexact=inexact, gradient=gradient)
    for op in ("add", "subtract", "multiply", "divide", "maximum", "power"):
        for a, b in MIXED:
            if op == "subtract" and "bool" in (a, b):
                continue
            if op == "power" and ("bool" in (a, b) or (a, b) == ("int8", "uint64")):
                continue
            yield case(op, [T((5,), a, 1, 4), T((5,), b, 1, 4)], inexact=True)
        for dtype in ALL:
            if dtype == "bool" and op in ("subtract", "power"):
                continue
            for number in (2, 1.5):
                yield case(op, [T((4,), dtype, 1, 4), number], inexact=True)
                yield case(op, [number, T((4,), dtype, 1, 4)], inexact=True)
    pairs = np.array([(a, b) for a in (-np.inf, -2.5, -1.0, -0.0, 0.0, 1.0, 2.0, np.inf, np.nan) for b in (-np.inf, -3.0, -0.5, -0.0, 0.0, 1.0, 3.0, np.inf, np.nan)], np.float32).T
    for op, (_, _, dtypes) in BINARY.items():
        if "float32" in dtypes and not op.startswith("logical") and op != "nextafter":
            yield case(op, [np.ascontiguousarray(pairs[0]), np.ascontiguousarray(pairs[1])], label="special,float32", gradient=False, inexact=True)
    equal = array([1.0, -2.0, 3.0])
    for op in ("maximum", "minimum", "fmax", "fmin"):
        yield case(op, [equal, equal], label="ties")
    yield case("divide_no_nan", [array([1.0, 2.0, 0.0]), array([0.0, 4.0, 0.0])], label="zeros")
    yield case("power", [T((5,), "float32", -3, 3), 2])
    yield case("power", [T((5,), "float32", -3, 3), 3], label="cube")
    yield case("ldexp", [T((5,)), T((5,), "int32", -3, 4)])
    for dtype in ("int8", "uint8", "int32"):  # arithmetic wraps
        top = array([127, 100, 90, 2], dtype)
        for op in ("add", "multiply", "subtract"):
            yield case(op, [top, array([1, 100, 90, 3], dtype)], label=f"wraps,{dtype}")


def comparison():
    for op in ("equal", "not_equal", "less", "less_equal", "greater", "greater_equal"):
        for dtype in ALL:
            yield case(op, [T((3, 4), dtype, -2, 3), T((3, 4), dtype, -2, 3)])
        for a, b in (((3, 1), (4,)), ((), (2,)), ((0, 3), (3,)), ((1,), (1,))):
            yield case(op, [T(a), T(b)])
        yield case(op, [array(SPECIAL), array(SPECIAL[::-1])], label="special,float32")
        yield case(op, [array(SPECIAL), array(SPECIAL)], label="special,same,float32")
        for a, b in (("int32", "float32"), ("uint8", "int8"), ("bool", "int32"), ("int64", "uint64"), ("int64", "float32")):
            yield case(op, [T((6,), a, -2, 3), T((6,), b, -2, 3)])
        yield case(op, [T((6,), "int32", -2, 3), 1])
        yield case(op, [T((6,), "float32", -2, 3), 0.5])
    near = array([1.0, 1.0 + 1e-6, 1.1, np.nan, np.inf])
    for equal_nan in (False, True):
        yield case("isclose", [near, array([1.0, 1.0, 1.0, np.nan, np.inf])], label=f"equal_nan={equal_nan}", equal_nan=equal_nan)
    yield case("isclose", [near, array([1.0, 1.0, 1.0, 1.0, 1.0])], label="rtol=0.2", rtol=0.2)


def select_cast():
    for dtype in ALL:
        yield case("where", [T((3, 4), "bool"), T((3, 4), dtype), T((3, 4), dtype)])
    for shapes in (((3, 1), (4,), ()), ((), (2, 3), (3,)), ((0, 3), (3,), (1,)), ((2, 1, 1), (1, 3, 1), (1, 1, 4))):
        yield case("where", [T(shapes[0], "bool"), T(shapes[1]), T(shapes[2])])
    yield case("where", [T((6,), "bool"), T((6,), "int32"), T((6,), "float32")])
    yield case("where", [T((6,), "bool"), T((6,), "float16"), 0.0])
    yield case("where", [T((6,), "int32", 0, 2), T((6,)), T((6,))])
    for dtype in FLOATS + INTEGERS:
        yield case("clip", [T((3, 4), dtype, -4, 5), 0 if dtype.startswith("u") else -1, 2])
    yield case("clip", [T((3, 4)), T((4,), "float32", -1, 0), T((3, 1), "float32", 0, 1)])
    yield case("clip", [array([-np.inf, np.nan, np.inf, -1.0, 2.0, 0.5]), -1.0, 2.0], label="special", gradient=False)
    yield case("clip", [T((0, 3)), -1.0, 1.0])
    for source in ALL:
        for target in ALL:
            values = T((6,), source, 0 if target.startswith("u") else -3, 4)
            yield case("cast", [values], label=f"{source},{target}", inexact=True, dtype=target)
    yield case("cast", [array([1e-8, 6.1e-5, 65519.0, 65520.0, 1e10, -2.5, 1.00048828125, 1.00146484375, np.nan, -np.inf])],
               label="rounds,float32,float16", inexact=True, gradient=False, dtype="float16")  # fmt: skip
    yield case("cast", [array([1e-40, 1.00390625, 1.01171875, 3.3e38, 3.4e38, -2.5, np.nan, -np.inf])],
               label="rounds,float32,bfloat16", inexact=True, gradient=False, dtype="bfloat16")  # fmt: skip
    yield case("cast", [array([-2.7, -0.5, 0.5, 1.9, 2.5, 120.9])], label="truncates,float32,int8", inexact=True, gradient=False, dtype="int8")
    yield case("cast", [array([-1, 255, 256, 300, -129], "int32")], label="wraps,int32,uint8", dtype="uint8")
    yield case("cast", [array([0.0, -0.0, 0.3, np.nan, np.inf])], label="special,float32,bool", inexact=True, gradient=False, dtype="bool")
    yield case("saturate_cast", [array([-300.0, -1.0, 0.5, 200.7, 300.0])], label="float32,uint8", inexact=True, gradient=False, dtype="uint8")
    yield case("saturate_cast", [array([-300, -1, 5, 200], "int32")], label="int32,int8", inexact=True, dtype="int8")
