"""Matrix products."""

from op_cases.case import FLOATS, INTEGERS, T, case

SHAPES = [
    ((3, 4), (4, 5)), ((4,), (4,)), ((4,), (4, 5)), ((3, 4), (4,)), ((2, 3, 4), (4, 5)), ((3, 4), (2, 4, 5)),
    ((2, 3, 4), (2, 4, 5)), ((2, 1, 3, 4), (5, 4, 2)), ((2, 3, 4), (4,)), ((1, 1), (1, 1)), ((0, 4), (4, 5)), ((3, 0), (0, 5)),
    ((17, 33), (33, 19)), ((5, 2, 3, 4), (5, 1, 4, 3)), ((4,), (2, 4, 3)),
]  # fmt: skip


def cases():
    for a, b in SHAPES:
        yield case("matmul", [T(a), T(b)])
    for dtype in FLOATS[1:] + INTEGERS + ("bool",):
        if dtype == "bool":
            continue
        yield case("matmul", [T((3, 4), dtype, -3, 4), T((4, 5), dtype, -3, 4)])
    yield case("matmul", [T((3, 4), "int32", -3, 4), T((4, 5))])
    yield case("matmul", [T((3, 4), "float16"), T((4, 5), "bfloat16")])
    yield case("matmul", [T((4, 100), "bfloat16", 0, 1), T((100, 3), "bfloat16", 0, 1)], gradient=False)
    for a, b in (((3, 4), (4, 5)), ((2, 3, 4), (4, 5)), ((4,), (4,)), ((), (3,)), ((2, 3, 4), (5, 4, 2))):
        yield case("dot", [T(a), T(b)])
    for axes in (0, 1, 2, [[1, 2], [0, 1]], [[2], [1]]):
        b = {0: (2, 3), 1: (4, 5)}.get(axes, (3, 4, 5)) if isinstance(axes, int) else ((3, 4, 5) if len(axes[0]) == 2 else (2, 4, 5))
        yield case("tensordot", [T((2, 3, 4)), T(b)], axes=axes)
    yield case("inner", [T((3, 4)), T((2, 4))])
    yield case("outer", [T((3,)), T((2, 2))])
    yield case("vdot", [T((2, 3)), T((2, 3))])
    yield case("cross", [T((4, 3)), T((4, 3))])
    yield case("kron", [T((2, 3)), T((3, 2))])
    yield case("trace", [T((3, 4, 2))])
    for text, shapes in {
        "ij,jk->ik": ((3, 4), (4, 5)), "ij,kj->ik": ((3, 4), (5, 4)), "ji,jk": ((4, 3), (4, 5)), "bij,bjk->bik": ((2, 3, 4), (2, 4, 5)),
        "abcd,aecd->acbe": ((2, 3, 2, 4), (2, 5, 2, 4)), "acbe,aecd->abcd": ((2, 2, 3, 5), (2, 5, 2, 4)), "abc,cde->abde": ((2, 3, 4), (4, 2, 3)),
        "i,j->ij": ((3,), (4,)), "ij->ji": ((3, 4),), "ij->j": ((3, 4),), "ii->i": ((3, 3),), "ii": ((3, 3),), "...ij,...jk->...ik": ((2, 3, 4), (2, 4, 5)),
        "ij,jk,kl->il": ((2, 3), (3, 4), (4, 2)), "bqd,bkd->bqk": ((2, 3, 4), (2, 5, 4)),
    }.items():  # fmt: skip
        from keras import ops

        yield case("einsum", [T(s) for s in shapes], label=text, function=lambda *xs, _t=text: ops.einsum(_t, *xs), shown={"subscripts": text})
