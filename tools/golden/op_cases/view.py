"""Ops that move elements and compute nothing."""

import numpy as np
from keras import ops

from op_cases.case import ALL, T, case


def cases():
    for dtype in ALL:
        yield case("reshape", [T((2, 3, 4), dtype)], newshape=(4, 6))
        yield case("transpose", [T((2, 3, 4), dtype)], axes=(2, 0, 1))
        yield case("concatenate", [T((2, 3), dtype), T((2, 2), dtype)], listed=True, axis=1)
        yield case("pad", [T((2, 3), dtype)], pad_width=((1, 2), (0, 1)))
        yield case("flip", [T((2, 3), dtype)], axis=1)
        yield case("slice", [T((4, 5), dtype)], start_indices=(1, 2), shape=(2, 3))
    for shape, new in (((2, 3), (-1,)), ((2, 3, 4), (3, -1)), ((), (1, 1)), ((1, 1), ()), ((0, 3), (3, 0)), ((0, 3), (0, 5)), ((6,), (1, 6, 1))):
        yield case("reshape", [T(shape)], newshape=new)
    for shape, axes in (((2, 3), None), ((2, 3, 4), None), ((2, 3, 4), (1, 0, 2)), ((2, 3, 4, 5), (0, 3, 1, 2)), ((2, 1, 4), (2, 1, 0)), ((0, 3), (1, 0)), ((), None)):
        yield case("transpose", [T(shape)], axes=axes)
    yield case("swapaxes", [T((2, 3, 4))], axis1=0, axis2=-1)
    yield case("moveaxis", [T((2, 3, 4))], source=0, destination=-1)
    yield case("moveaxis", [T((2, 3, 4))], source=(0, 1), destination=(-1, 0))
    for axis in (0, 1, -1, (0, 2)):
        yield case("expand_dims", [T((2, 3))], axis=axis)
    for axis in (None, 0, (0, 2)):
        yield case("squeeze", [T((1, 3, 1))], axis=axis)
    yield case("ravel", [T((2, 3))])
    for start, shape in (((0, 0), (4, 5)), ((2, 0), (0, 5)), ((3, 4), (1, 1))):
        yield case("slice", [T((4, 5))], start_indices=start, shape=shape)
    yield case("slice_update", [T((4, 5)), (1, 2), T((2, 3))], label="start=(1,2)")
    yield from indexing()
    for axis in (0, 1, -1):
        yield case("concatenate", [T((2, 3, 4)), T((2, 3, 4)), T((2, 3, 4))], listed=True, axis=axis)
    yield case("concatenate", [T((2, 3)), T((2, 0))], listed=True, axis=1)
    yield case("concatenate", [T((2, 3), "int32"), T((2, 2), "float32")], listed=True, axis=1)
    yield case("concatenate", [T((2, 3))], listed=True, axis=0)
    for axis in (0, 1, -1):
        yield case("stack", [T((2, 3)), T((2, 3))], listed=True, axis=axis)
    yield case("stack", [T(()), T(()), T(())], listed=True)
    for op in ("hstack", "vstack", "dstack"):
        yield case(op, [T((2, 3)), T((2, 3))], listed=True)
    yield case("append", [T((2, 3)), T((1, 3))], axis=0)
    for sections, axis in ((2, 0), (3, 1), ([1, 3], 1), ([0, 4], 0)):
        yield case("split", [T((4, 6))], indices_or_sections=sections, axis=axis)
    yield case("array_split", [T((5, 2))], indices_or_sections=3, axis=0)
    yield case("unstack", [T((3, 2))], axis=0)
    yield case("unstack", [T((3, 2))], axis=1)
    for mode in ("constant", "reflect", "symmetric"):
        yield case("pad", [T((3, 4))], pad_width=((1, 2), (2, 0)), mode=mode)
    yield case("pad", [T((3, 4))], pad_width=((1, 2), (2, 0)), constant_values=1.5)
    yield case("pad", [T((3, 4))], pad_width=1)
    yield case("pad", [T((0, 2))], pad_width=((1, 1), (0, 0)))
    for repeats in (2, (2,), (2, 3), (2, 1, 3), (0, 1)):
        yield case("tile", [T((2, 3))], repeats=repeats)
    yield case("repeat", [T((2, 3))], repeats=2)
    yield case("repeat", [T((2, 3))], repeats=3, axis=1)
    yield case("repeat", [T((2, 3))], label="repeats=(1,3)", function=lambda x, axis: ops.repeat(x, np.array([1, 3]), axis), axis=0, shown={"repeats": [1, 3]})
    for shape, new in (((3,), (2, 3)), ((3, 1), (3, 4)), ((), (2, 2)), ((1, 3), (0, 3)), ((2, 1, 3), (4, 2, 5, 3))):
        yield case("broadcast_to", [T(shape)], shape=new)
    for axis in (None, 0, -1, (0, 1)):
        yield case("flip", [T((2, 3))], axis=axis)
    for shift, axis in ((1, None), (2, 1), (-1, 0), ((1, 2), (0, 1))):
        yield case("roll", [T((3, 4))], shift=shift, axis=axis)
    yield case("rot90", [T((3, 4))])
    for k in (-1, 0, 2):
        yield case("tril", [T((3, 4))], k=k)
        yield case("triu", [T((2, 3, 4))], k=k)
        yield case("diag", [T((4, 4))], k=k)
        yield case("diagonal", [T((4, 4, 2))], offset=k)
    yield case("diag", [T((3,))], label="vector")
    yield case("diff", [T((3, 4))])
    yield case("diff", [T((3, 4))], n=2, axis=0)
    yield case("meshgrid", [T((3,)), T((2,))])
    yield case("meshgrid", [T((3,)), T((2,))], indexing="ij")
    for name, arguments in {
        "arange": [dict(start=5), dict(start=1, stop=7, step=2), dict(start=0.0, stop=1.0, step=0.25), dict(start=3, stop=0, step=-1, dtype="float32"), dict(start=0)],
        "linspace": [dict(start=0.0, stop=1.0, num=5), dict(start=-1.0, stop=1.0, num=4, endpoint=False), dict(start=0, stop=1, num=1)],
        "logspace": [dict(start=0.0, stop=2.0, num=4)], "eye": [dict(N=3), dict(N=2, M=4, k=1), dict(N=3, dtype="int32")], "identity": [dict(n=2)],
        "tri": [dict(N=3), dict(N=2, M=4, k=1)], "full": [dict(shape=(2, 3), fill_value=1.5), dict(shape=(2,), fill_value=7, dtype="int32")],
        "zeros": [dict(shape=(2, 0))], "ones": [dict(shape=(2,), dtype="bfloat16")],
    }.items():  # fmt: skip
        for attributes in arguments:
            yield case(name, [], **attributes)
    yield case("full_like", [T((2, 3), "int32")], fill_value=2)
    yield case("zeros_like", [T((2, 3), "float16")])
    yield case("ones_like", [T((2, 3))], dtype="int32")
    for layout in ("channels_last", "channels_first"):
        yield case("depth_to_space", [T((1, 2, 3, 4) if layout == "channels_last" else (1, 4, 2, 3))], block_size=2, data_format=layout)
        yield case("space_to_depth", [T((1, 4, 6, 1) if layout == "channels_last" else (1, 1, 4, 6))], block_size=2, data_format=layout)


# x[...]: the key as it is written in Python, and for readers a list: an integer, null (a new axis), "...", or [start, stop, step].
KEYS = {
    "1": [1], "-1": [-1], "1:3": [[1, 3, None]], "::2": [[None, None, 2]], "::-1": [[None, None, -1]], ":,1": [[None, None, None], 1],
    "...,0": ["...", 0], "0,...": [0, "..."], "None": [None], ":,None,1:": [[None, None, None], None, [1, None, None]],
    "1:1": [[1, 1, None]], "-3:-1,::2": [[-3, -1, None], [None, None, 2]], "4:0:-2": [[4, 0, -2]],
}  # fmt: skip


def indexing():
    def key_of(parts):
        return tuple(Ellipsis if p == "..." else slice(*p) if isinstance(p, list) else p for p in parts)

    for text, parts in KEYS.items():
        yield case("get_item", [T((5, 4, 3))], label=text, function=lambda x, _k=key_of(parts): ops.get_item(x, _k), shown={"key": parts})
