"""Convolutions and pooling in one, two and three dimensions."""

from op_cases.case import FLOATS, T, case

SIZES = {1: (9,), 2: (8, 7), 3: (5, 6, 4)}


def image(dims, channels, first=False, size=None, batch=2):
    size = tuple(size or SIZES[dims])
    return (batch, channels, *size) if first else (batch, *size, channels)


def named(op, *inputs, label, **attributes):
    return case(op, list(inputs), label=f"{len(inputs[0].shape) - 2}d,{label}", **attributes)


def conv():
    for dims in (1, 2, 3):
        kernel = (3,) * dims
        for padding in ("valid", "same"):
            for strides, dilation in ((1, 1), (2, 1), (1, 2), (3, 1)):
                if dims == 3 and dilation == 2 and padding == "valid":
                    continue
                yield named("conv", T(image(dims, 3)), T(kernel + (3, 4), "float32", -0.5, 0.5),
                            label=f"{padding},strides={strides},dilation={dilation}", strides=strides, padding=padding, dilation_rate=dilation)  # fmt: skip
        yield named("conv", T(image(dims, 4)), T(kernel + (2, 6), "float32", -0.5, 0.5), label="groups=2", padding="same")
        yield named("conv", T(image(dims, 4)), T(kernel + (1, 4), "float32", -0.5, 0.5), label="groups=4,strides=2", strides=2)
        yield named("conv", T(image(dims, 3, first=True)), T(kernel + (3, 4), "float32", -0.5, 0.5), label="channels_first", padding="same", data_format="channels_first")
        yield named("conv", T(image(dims, 3)), T((1,) * dims + (3, 2)), label="pointwise")
        yield named("conv", T(image(dims, 1, batch=1)), T((2,) * dims + (1, 1)), label="even,same", padding="same")
        yield named("conv", T(image(dims, 2, batch=0)), T(kernel + (2, 3)), label="empty")
    yield named("conv", T((2, 8, 9, 3)), T((3, 2, 3, 4), "float32", -0.5, 0.5), label="strides=(2,1),same", strides=(2, 1), padding="same")
    yield named("conv", T((2, 10, 9, 3)), T((3, 2, 3, 4), "float32", -0.5, 0.5), label="dilation=(1,3)", dilation_rate=(1, 3))
    yield named("conv", T((1, 4, 5, 2)), T((4, 5, 2, 3), "float32", -0.5, 0.5), label="whole")
    yield named("conv", T((2, 12, 12, 16), "float32", -1, 1), T((3, 3, 16, 17), "float32", -0.2, 0.2), label="wide")
    for dtype in FLOATS[1:]:
        yield named("conv", T((2, 6, 6, 3), dtype), T((3, 3, 3, 4), dtype, -0.5, 0.5), label=f"{dtype}", padding="same")


def depthwise():
    for dims in (1, 2):
        kernel = (3,) * dims
        for padding in ("valid", "same"):
            for strides, dilation in ((1, 1), (2, 1), (1, 2)):
                yield named("depthwise_conv", T(image(dims, 3)), T(kernel + (3, 1)), label=f"{padding},strides={strides},dilation={dilation}",
                            strides=strides, padding=padding, dilation_rate=dilation)  # fmt: skip
        yield named("depthwise_conv", T(image(dims, 3)), T(kernel + (3, 2)), label="multiplier=2", padding="same")
        yield named("depthwise_conv", T(image(dims, 3, first=True)), T(kernel + (3, 2)), label="channels_first", padding="same", data_format="channels_first")
        yield named("separable_conv", T(image(dims, 3)), T(kernel + (3, 2)), T((1,) * dims + (6, 4)), label="multiplier=2")
        yield named("separable_conv", T(image(dims, 3)), T(kernel + (3, 1)), T((1,) * dims + (3, 4)), label="same,strides=2", strides=2, padding="same")
    for dtype in FLOATS[1:]:
        yield named("depthwise_conv", T((2, 6, 6, 3), dtype), T((3, 3, 3, 2), dtype, -0.5, 0.5), label=f"{dtype}")


def conv_transpose():
    for dims in (1, 2, 3):
        size = {1: (5,), 2: (4, 5), 3: (3, 4, 2)}[dims]
        for padding in ("valid", "same"):
            for strides in (1, 2, 3):
                for width in (2, 3):
                    if dims == 3 and (strides == 3 or width == 2):
                        continue
                    yield named("conv_transpose", T(image(dims, 3, size=size)), T((width,) * dims + (4, 3), "float32", -0.5, 0.5),
                                label=f"{padding},kernel={width},strides={strides}", strides=strides, padding=padding)  # fmt: skip
            yield named("conv_transpose", T(image(dims, 3, size=size)), T((3,) * dims + (4, 3), "float32", -0.5, 0.5), label=f"{padding},output_padding=1",
                        strides=2, padding=padding, output_padding=1)  # fmt: skip
        yield named("conv_transpose", T(image(dims, 3, size=size)), T((3,) * dims + (4, 3), "float32", -0.5, 0.5), label="dilation=2", dilation_rate=2)
        yield named("conv_transpose", T(image(dims, 3, first=True, size=size)), T((3,) * dims + (4, 3), "float32", -0.5, 0.5), label="channels_first",
                    strides=2, padding="same", data_format="channels_first")  # fmt: skip
    for dtype in FLOATS[1:]:
        yield named("conv_transpose", T((2, 4, 4, 3), dtype), T((3, 3, 2, 3), dtype, -0.5, 0.5), label=f"{dtype}", strides=2)


def pooled(op, *inputs, label, pool_size, strides=None, **attributes):
    """strides=None means pool_size; Keras's JAX backend fails on the None itself, its layers never pass it."""
    shown = {"strides": strides}
    return named(op, *inputs, label=label, pool_size=pool_size, strides=strides or pool_size, shown=shown, **attributes)


def pool():
    for op in ("max_pool", "average_pool"):
        for dims in (1, 2, 3):
            for padding in ("valid", "same"):
                for size, strides in ((2, None), (3, 2), (2, 1), (3, 3)):
                    yield pooled(op, T(image(dims, 3)), label=f"{padding},size={size},strides={strides}", pool_size=size, strides=strides, padding=padding)
            yield pooled(op, T(image(dims, 3, first=True)), label="channels_first", pool_size=2, padding="same", data_format="channels_first")
            yield pooled(op, T(image(dims, 2, batch=0)), label="empty", pool_size=2)
        yield pooled(op, T((2, 7, 8, 3)), label="size=(3,2),strides=(1,3)", pool_size=(3, 2), strides=(1, 3), padding="same")
        for dtype in FLOATS[1:]:
            yield pooled(op, T((2, 6, 6, 3), dtype), label=f"{dtype}", pool_size=2)
        tied = T((1, 4, 4, 1), "int32", 0, 2).draw("ties").astype("float32")
        yield pooled(op, tied, label="ties", pool_size=2)
    for op in ("adaptive_average_pool", "adaptive_max_pool"):
        yield named(op, T((2, 7, 8, 3)), label="to=(3,4)", output_size=(3, 4))
