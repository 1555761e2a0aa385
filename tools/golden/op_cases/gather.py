"""take, gather, scatter, one_hot, segments."""

from op_cases.case import ALL, FLOATS, INTEGERS, T, array, case


def cases():
    indices = array([0, 2, -1, 2], "int32")
    for dtype in ALL:
        yield case("take", [T((4, 3), dtype), indices], label=f"{dtype},axis=0", axis=0)
    for axis in (None, 0, 1, -1):
        yield case("take", [T((4, 3)), array([[0, 2], [1, 1]], "int32")], label=f"float32,indices=[2x2],axis={axis}", axis=axis)
    for kind in ("int8", "uint8", "int64"):
        yield case("take", [T((4, 3)), array([3, 0, 3], kind)], label=f"indices={kind}", axis=0)
    yield case("take", [T((4, 3)), array(1, "int32")], label="scalar", axis=0)
    yield case("take", [T((4, 3)), array([], "int32")], label="empty", axis=0)
    for axis in (0, 1):
        yield case("take_along_axis", [T((3, 4)), T((3, 4), "int32", 0, 3)], label=f"axis={axis}", axis=axis)
    yield case("take_along_axis", [T((3, 4)), array([[1], [0], [3]], "int32")], label="narrow", axis=1)
    yield case("take_along_axis", [T((3, 4)), T((5,), "int32", 0, 12)], label="flat", axis=None)
    for dtype in ("float32", "float64", "bfloat16", "int32", "uint8"):
        yield case("scatter", [array([[0, 1], [2, 0], [0, 1]], "int32"), T((3,), dtype, 0, 3)], label=dtype, shape=(3, 2))
    yield case("scatter", [array([[1], [3], [1]], "int32"), T((3, 2))], label="rows", shape=(4, 2))
    for reduction in (None, "add", "max", "min", "mul"):
        where = array([[0, 1], [2, 0]], "int32") if reduction is None else array([[0, 1], [2, 0], [0, 1]], "int32")
        attributes = {} if reduction is None else {"reduction": reduction}
        yield case("scatter_update", [T((3, 2)), where, T((len(where),))], label=f"reduction={reduction}", gradient=reduction != "mul", **attributes)
    yield case("scatter_update", [T((4, 2)), array([[1], [3]], "int32"), T((2, 2))], label="rows")
    for op in ("one_hot",):
        for axis in (-1, 0, 1):
            yield case(op, [array([[0, 2], [1, 3]], "int32")], label=f"axis={axis}", num_classes=4, axis=axis)
        yield case(op, [array([0, -1, 4, 3], "int32")], label="out of range", num_classes=4)
        for dtype in ("int32", "float16", "bool"):
            yield case(op, [array([0, 2], "int32")], label=f"dtype={dtype}", num_classes=3, dtype=dtype)
        for dtype in INTEGERS:
            yield case(op, [array([0, 2, 1], dtype)], label=f"from={dtype}", num_classes=3)
    yield case("multi_hot", [array([[0, 2, 2], [1, 3, 1]], "int32")], label="rows", num_classes=4)
    for op in ("segment_sum", "segment_max", "segment_min", "segment_prod"):
        gradient = op != "segment_prod"  # JAX has none
        for sorted_ids, ids in ((True, [0, 0, 2, 2, 3]), (False, [2, 0, 1, 0, 2])):
            yield case(op, [T((5, 2)), array(ids, "int32")], label=f"sorted={sorted_ids}", gradient=gradient, num_segments=5, sorted=sorted_ids)
        yield case(op, [T((5,), "int32", 1, 5), array([0, 1, 0, 2, 2], "int32")], label="int32", num_segments=3)
        yield case(op, [T((5,), "float64"), array([0, 1, 0, 2, 2], "int32")], label="float64", gradient=gradient, num_segments=3)
    yield case("bincount", [array([0, 3, 1, 3, 3], "int32")], label="plain", minlength=6)
    yield case("bincount", [array([0, 3, 1, 3, 3], "int32")], label="short", minlength=2)
    yield case("in_top_k", [array([1, 0, 2], "int32"), T((3, 4))], label="k=2", k=2)
    for side in ("left", "right"):
        yield case("searchsorted", [array([-1.0, 0.0, 0.0, 2.0]), T((2, 3))], label=f"side={side}", side=side, gradient=False)
    yield case("digitize", [T((2, 3)), array([-1.0, 0.0, 1.0])], label="plain", gradient=False)
    yield case("unravel_index", [array([3, 5, 0], "int32")], label="plain", shape=(2, 3))
