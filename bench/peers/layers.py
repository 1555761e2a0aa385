"""One layer, forwards in training and backwards: python layers.py NAME [eager|compile]. One JSON line; Keras on
JAX, or PyTorch in that mode.

gradients_us: the gradients of sum(layer(x) * weight) with respect to the layer's weights and to its input, compiled where the peer
compiles. cli/bench_layers.cpp has the same rows.
"""

import os
import sys

os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
import numpy as np

from measure import latency, report

SHAPES = {
    "batch_normalization": (32, 28, 28, 64), "layer_normalization": (2048, 512), "depthwise_conv2d": (16, 28, 28, 128), "embedding": (128, 64),
}  # fmt: skip
WORDS, WIDTH = 10000, 128


def numbers(name):
    draw = np.random.default_rng(0)
    if name == "embedding":
        return draw.integers(0, WORDS, SHAPES[name]).astype(np.int32), draw.random((*SHAPES[name], WIDTH), dtype=np.float32)
    return draw.random(SHAPES[name], dtype=np.float32), draw.random(SHAPES[name], dtype=np.float32)


def with_jax(name, x, weight):
    os.environ["KERAS_BACKEND"] = "jax"
    import jax
    import keras

    layer = {
        "batch_normalization": lambda: keras.layers.BatchNormalization(), "layer_normalization": lambda: keras.layers.LayerNormalization(),
        "depthwise_conv2d": lambda: keras.layers.DepthwiseConv2D(3, padding="same"), "embedding": lambda: keras.layers.Embedding(WORDS, WIDTH),
    }[name]()  # fmt: skip
    layer.build(x.shape)
    trained, frozen = [v.value for v in layer.trainable_variables], [v.value for v in layer.non_trainable_variables]
    extra = {"training": True} if name == "batch_normalization" else {}

    def loss(trained, x, frozen, weight):
        out, frozen = layer.stateless_call(trained, frozen, x, **extra)
        return jax.numpy.sum(out * weight), frozen

    step = jax.jit(jax.grad(loss, argnums=0 if name == "embedding" else (0, 1), has_aux=True))
    x, weight = jax.numpy.asarray(x), jax.numpy.asarray(weight)
    return keras.__version__, lambda: jax.block_until_ready(step(trained, x, frozen, weight))


def with_torch(name, x, weight, compiled):
    import torch
    from torch import nn

    images = name in ("batch_normalization", "depthwise_conv2d")
    layer = {
        "batch_normalization": lambda: nn.BatchNorm2d(64, eps=1e-3), "layer_normalization": lambda: nn.LayerNorm(512, eps=1e-3),
        "depthwise_conv2d": lambda: nn.Conv2d(128, 128, 3, padding=1, groups=128), "embedding": lambda: nn.Embedding(WORDS, WIDTH),
    }[name]()  # fmt: skip
    x, weight = (torch.from_numpy(a).permute(0, 3, 1, 2) if images else torch.from_numpy(a) for a in (x, weight))
    if images:
        layer = layer.to(memory_format=torch.channels_last)
    forward = torch.compile(layer) if compiled else layer
    inputs = list(layer.parameters()) + ([x.requires_grad_()] if x.is_floating_point() else [])
    return torch.__version__, lambda: torch.autograd.grad((forward(x) * weight).sum(), inputs)


def main():
    name, mode = sys.argv[1], (sys.argv[2:] or ["jax"])[0]
    x, weight = numbers(name)
    version, step = with_jax(name, x, weight) if mode == "jax" else with_torch(name, x, weight, mode == "compile")
    report(name, {"jax": "keras-jax", "eager": "torch", "compile": "torch-compile"}[mode], version, gradients_us=latency(step))


if __name__ == "__main__":
    main()
