"""The cases of the op goldens, one module a family: each is a generator of Case."""

from op_cases import control, conv, gather, linalg, pointwise, reduce, sort, view

FAMILIES = {
    "unary": pointwise.unary,
    "binary": pointwise.binary,
    "comparison": pointwise.comparison,
    "select_cast": pointwise.select_cast,
    "reduce": reduce.cases,
    "softmax": reduce.softmax,
    "matmul": linalg.cases,
    "conv": conv.conv,
    "conv_transpose": conv.conv_transpose,
    "depthwise_conv": conv.depthwise,
    "pool": conv.pool,
    "view": view.cases,
    "gather": gather.cases,
    "sort": sort.cases,
    "control": control.cases,
}
