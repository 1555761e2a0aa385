"""JAX by hand: python jax_scan.py mlp|cnn [--device cpu|cuda] [--unroll N]. An epoch is one jitted `lax.scan` with donated state: shuffling, Adam
and metrics inside.

The fastest form that a JAX user would write. Prints one JSON line.
"""

import argparse
import functools
import math
import time

start = time.perf_counter()
import jax
import jax.numpy as jnp
import numpy as np

import_s = round(time.perf_counter() - start, 2)

from measure import SIZES, epochs, latency, report, timed

RATE, BETA_1, BETA_2, EPSILON = 1e-3, 0.9, 0.999, 1e-7


def mlp(weights, x, key=None):
    (kernel_1, bias_1), (kernel_2, bias_2) = weights
    return jax.nn.relu(x @ kernel_1 + bias_1) @ kernel_2 + bias_2


def cnn(weights, x, key=None):
    *convolutions, (kernel, bias) = weights
    for filters, offset in convolutions:
        x = jax.nn.relu(jax.lax.conv_general_dilated(x, filters, (1, 1), "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC")) + offset)
        x = jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
    x = x.reshape(len(x), -1)
    if key:
        x = jnp.where(jax.random.bernoulli(key(), 0.5, x.shape), x * 2, 0)
    return x @ kernel + bias


MODELS = {"mlp": (mlp, (784,), ((784, 128), (128, 10))), "cnn": (cnn, (28, 28, 1), ((3, 3, 1, 32), (3, 3, 32, 64), (1600, 10)))}


def loss(weights, x, y, logits, key):
    out = logits(weights, x, key)
    return -jnp.mean(jnp.sum(y * jax.nn.log_softmax(out), -1)), jnp.sum(out.argmax(-1) == y.argmax(-1))


def step(state, rows, x, y, logits, key):
    weights, first, second, count, total_loss, correct = state
    dropout = lambda: jax.random.fold_in(key, count.astype(jnp.int32))
    (value, hits), gradient = jax.value_and_grad(loss, has_aux=True)(weights, x[rows], y[rows], logits, dropout)
    count = count + 1
    rate = RATE * jnp.sqrt(1 - BETA_2**count) / (1 - BETA_1**count)
    first = jax.tree.map(lambda m, g: m + (g - m) * (1 - BETA_1), first, gradient)
    second = jax.tree.map(lambda v, g: v + (g * g - v) * (1 - BETA_2), second, gradient)
    weights = jax.tree.map(lambda w, m, v: w - rate * m / (jnp.sqrt(v) + EPSILON), weights, first, second)
    return (weights, first, second, count, total_loss + value, correct + hits), None


@functools.partial(jax.jit, donate_argnums=0, static_argnums=(4, 5, 6))
def epoch(state, key, x, y, batch, logits, unroll):
    order = jax.random.permutation(key, len(x)).reshape(-1, batch)
    state = (*state[:4], jnp.float32(0), jnp.int32(0))
    return jax.lax.scan(lambda s, rows: step(s, rows, x, y, logits, key), state, order, unroll=unroll)[0]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("workload", choices=MODELS)
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"))
    parser.add_argument("--unroll", type=int, default=1, help="steps in an iteration of the scan")
    chosen = parser.parse_args()
    jax.config.update("jax_platforms", chosen.device)
    logits, shape, kernels = MODELS[chosen.workload]
    rows, batch = SIZES[chosen.workload]["rows"], SIZES[chosen.workload]["batch"]
    draw = np.random.default_rng(0)
    x = jnp.asarray(draw.random((rows, *shape), dtype=np.float32))
    y = jnp.asarray(np.eye(10, dtype=np.float32)[draw.integers(0, 10, rows)])
    glorot = lambda *s: draw.uniform(-1, 1, s).astype(np.float32) * (6 / (math.prod(s[:-2]) * (s[-2] + s[-1]))) ** 0.5
    weights = tuple((jnp.asarray(glorot(*s)), jnp.zeros(s[-1])) for s in kernels)
    zeros = lambda: jax.tree.map(jnp.zeros_like, weights)
    state = [(weights, zeros(), zeros(), jnp.float32(0), jnp.float32(0), jnp.int32(0))]
    keys = iter(jax.random.split(jax.random.key(0), 200))

    def run():
        state[0] = epoch(state[0], next(keys), x, y, batch, logits, chosen.unroll)
        state[0][4].block_until_ready()

    first = timed(run)
    ready = time.perf_counter() - start
    figures = epochs(run, rows // batch, seconds=2)
    infer = jax.jit(lambda weights, x: jax.nn.softmax(logits(weights, x)))
    one = np.asarray(x[:1])
    engine = "jax-scan" + (f"-unroll-{chosen.unroll}" if chosen.unroll > 1 else "")
    report(chosen.workload, engine, jax.__version__, **figures, first_epoch_s=round(first, 2), import_s=import_s, device=chosen.device,
           call1_us=latency(lambda: np.asarray(infer(state[0][0], one))), import_to_first_epoch_s=round(ready, 2))  # fmt: skip


if __name__ == "__main__":
    main()
