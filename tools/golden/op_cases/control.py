"""cond, while_loop, scan, ... A case's "function" attribute is its body as Python text."""

import keras
from keras import ops

from op_cases.case import T, array, case


def cases():
    for pred in (True, False):
        yield case("cond", [array(pred, "bool"), T((3,))], label=str(pred),
                   function=lambda p, x: ops.cond(p, lambda: x * 2.0, lambda: ops.sin(x) - 1.0),
                   shown={"function": "cond(pred, lambda: x * 2.0, lambda: sin(x) - 1.0)"})  # fmt: skip
        yield case("cond", [array(pred, "bool"), T((3,)), T((3,))], label=f"pair,{pred}",
                   function=lambda p, x, y: ops.cond(p, lambda: (x, x * y), lambda: (y, x + y)),
                   shown={"function": "cond(pred, lambda: (x, x * y), lambda: (y, x + y))"})  # fmt: skip

    def loop(x, limit=None):
        return ops.while_loop(lambda i, v: i < 5, lambda i, v: (i + 1, v * 1.5 + 0.1), (0, x), maximum_iterations=limit)

    text = "while_loop(lambda i, v: i < 5, lambda i, v: (i + 1, v * 1.5 + 0.1), (0, x), maximum_iterations)"
    yield case("while_loop", [T((3,))], label="count", function=lambda x: loop(x), gradient=False, shown={"function": text})
    yield case("while_loop", [T((3,))], label="limit", function=lambda x: loop(x, 3), gradient=False,
               shown={"function": text, "maximum_iterations": 3})  # fmt: skip
    yield case("while_loop", [T((2,), "float32", 1, 2)], label="until",
               function=lambda x: ops.while_loop(lambda v: ops.sum(v) < 100.0, lambda v: (v * v + 1.0,), (x,)), gradient=False,
               shown={"function": "while_loop(lambda v: sum(v) < 100.0, lambda v: (v * v + 1.0,), (x,))"})  # fmt: skip
    yield case("fori_loop", [T((3,))], label="power", function=lambda x: ops.fori_loop(0, 4, lambda i, v: v * x, ops.ones_like(x)),
               gradient=False, shown={"function": "fori_loop(0, 4, lambda i, v: v * x, ones_like(x))"})  # fmt: skip

    def cell(carry, x):
        new = carry * 0.5 + ops.tanh(x)
        return new, new * x

    body = "lambda carry, x: (n, n * x) where n = carry * 0.5 + tanh(x)"
    for reverse in (False, True):
        yield case("scan", [T((3,)), T((5, 3))], label=f"reverse={reverse}", function=lambda c, xs, reverse: ops.scan(cell, c, xs, reverse=reverse),
                   reverse=reverse, shown={"function": body})  # fmt: skip
    yield case("scan", [T((3,)), T((0, 3))], label="empty", function=lambda c, xs: ops.scan(cell, c, xs), shown={"function": body})
    yield case("scan", [T((3,)), T((1, 3))], label="one", function=lambda c, xs: ops.scan(cell, c, xs), shown={"function": body})
    yield case("scan", [T((2,)), T((4, 2), "float64")], label="float64",
               function=lambda c, xs: ops.scan(lambda a, x: (a * 0.5 + ops.cast(x, "float32"), x * x), c, xs),
               shown={"function": "lambda carry, x: (carry * 0.5 + cast(x, float32), x * x)"})  # fmt: skip
    yield case("scan", [T((2, 3)), T((4, 2, 2)), T((2, 3), "float32", -0.5, 0.5), T((3, 3), "float32", -0.5, 0.5)], label="rnn",
               function=lambda h, xs, w, u: ops.scan(lambda h, x: (ops.tanh(x @ w + h @ u),) * 2, h, xs),
               shown={"function": "rnn: h = tanh(x @ w + h @ u) over (h, xs, w, u), carry and output h"})  # fmt: skip
    yield case("scan", [T((3,))], label="length", function=lambda c, length: ops.scan(lambda a, _: (a * 1.1, ops.sum(a)), c, length=length),
               length=4, shown={"function": "lambda carry, _: (carry * 1.1, sum(carry))"})  # fmt: skip
    for index in (0, 1, 5):
        yield case("switch", [array(index, "int32"), T((3,))], label=str(index),
                   function=lambda i, x: ops.switch(i, [lambda v: v + 1.0, lambda v: v * v], x),
                   shown={"function": "switch(index, [lambda v: v + 1.0, lambda v: v * v], x)"})  # fmt: skip
    yield case("map", [T((4, 3))], label="sum", function=lambda xs: ops.map(lambda x: ops.sum(x * x), xs), shown={"function": "lambda x: sum(x * x)"})
    yield case("associative_scan", [T((5, 2))], label="add", function=lambda xs: ops.associative_scan(lambda a, b: a + b, xs),
               shown={"function": "lambda a, b: a + b"})  # fmt: skip
    yield case("stop_gradient", [T((3,))], label="product", function=lambda x: ops.stop_gradient(x) * x, shown={"function": "stop_gradient(x) * x"})
