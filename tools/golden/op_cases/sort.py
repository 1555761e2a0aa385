"""top_k, sort, argsort. Ties keep their order; NaN sorts last."""

import numpy as np

from op_cases.case import FLOATS, INTEGERS, T, array, case


def cases():
    tied = array([[3.0, 1.0, 3.0, 2.0, 1.0], [0.0, -0.0, 0.0, -0.0, 1.0]])
    special = array([[np.nan, 1.0, -np.inf, np.inf], [0.0, np.nan, np.nan, -1.0]])
    for op in ("sort", "argsort"):
        for dtype in FLOATS + INTEGERS:
            yield case(op, [T((3, 5), dtype, -9, 9)])
        for axis in (0, 1, 2, -1):
            yield case(op, [T((2, 3, 4))], axis=axis)
        yield case(op, [T((2, 3))], axis=None)
        yield case(op, [T((0, 3))], axis=0)
        yield case(op, [T((3, 1))])
        yield case(op, [tied], label="ties", gradient=False)
        yield case(op, [special], label="special", gradient=False)
        yield case(op, [T((2, 300))], gradient=False)
    for dtype in FLOATS + INTEGERS:
        yield case("top_k", [T((3, 6), dtype, -9, 9)], k=3)
    yield case("top_k", [T((2, 3, 4))], k=1)
    yield case("top_k", [T((2, 4))], k=4)
    yield case("top_k", [tied], label="ties", k=4, gradient=False)
    yield case("top_k", [T((2, 300))], k=7)
