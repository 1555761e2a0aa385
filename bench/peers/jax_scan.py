"""JAX by hand: python jax_scan.py mlp. An epoch is one jitted `lax.scan` with donated state: shuffling, Adam and metrics inside.

The fastest form that a JAX user would write. Prints one JSON line.
"""

import functools
import sys
import time

start = time.perf_counter()
import jax
import jax.numpy as jnp
import numpy as np

import_s = round(time.perf_counter() - start, 2)

from measure import SIZES, epochs, latency, report, timed

RATE, BETA_1, BETA_2, EPSILON = 1e-3, 0.9, 0.999, 1e-7


def logits(weights, x):
    (kernel_1, bias_1), (kernel_2, bias_2) = weights
    return jax.nn.relu(x @ kernel_1 + bias_1) @ kernel_2 + bias_2


def loss(weights, x, y):
    out = logits(weights, x)
    return -jnp.mean(jnp.sum(y * jax.nn.log_softmax(out), -1)), jnp.sum(out.argmax(-1) == y.argmax(-1))


def step(state, rows, x, y):
    weights, first, second, count, total_loss, correct = state
    (value, hits), gradient = jax.value_and_grad(loss, has_aux=True)(weights, x[rows], y[rows])
    count = count + 1
    rate = RATE * jnp.sqrt(1 - BETA_2**count) / (1 - BETA_1**count)
    first = jax.tree.map(lambda m, g: m + (g - m) * (1 - BETA_1), first, gradient)
    second = jax.tree.map(lambda v, g: v + (g * g - v) * (1 - BETA_2), second, gradient)
    weights = jax.tree.map(lambda w, m, v: w - rate * m / (jnp.sqrt(v) + EPSILON), weights, first, second)
    return (weights, first, second, count, total_loss + value, correct + hits), None


@functools.partial(jax.jit, donate_argnums=0, static_argnums=4)
def epoch(state, key, x, y, batch):
    order = jax.random.permutation(key, len(x)).reshape(-1, batch)
    state = (*state[:4], jnp.float32(0), jnp.int32(0))
    return jax.lax.scan(lambda s, rows: step(s, rows, x, y), state, order)[0]


def main():
    if sys.argv[1:] != ["mlp"]:
        sys.exit("jax_scan.py knows the workload mlp only")
    rows, batch = SIZES["mlp"]["rows"], SIZES["mlp"]["batch"]
    draw = np.random.default_rng(0)
    x = jnp.asarray(draw.random((rows, 784), dtype=np.float32))
    y = jnp.asarray(np.eye(10, dtype=np.float32)[draw.integers(0, 10, rows)])
    dense = lambda i, o: (jnp.asarray(draw.uniform(-1, 1, (i, o)).astype(np.float32) * (6 / (i + o)) ** 0.5), jnp.zeros(o))
    weights = (dense(784, 128), dense(128, 10))
    zeros = lambda: jax.tree.map(jnp.zeros_like, weights)
    state = [(weights, zeros(), zeros(), jnp.float32(0), jnp.float32(0), jnp.int32(0))]
    keys = iter(jax.random.split(jax.random.key(0), 200))

    def run():
        state[0] = epoch(state[0], next(keys), x, y, batch)
        state[0][4].block_until_ready()

    first = timed(run)
    figures = epochs(run, rows // batch, seconds=2)
    infer = jax.jit(lambda weights, x: jax.nn.softmax(logits(weights, x)))
    one = np.asarray(x[:1])
    report("mlp", "jax-scan", jax.__version__, **figures, first_epoch_s=round(first, 2), import_s=import_s,
           call1_us=latency(lambda: np.asarray(infer(state[0][0], one))))  # fmt: skip


if __name__ == "__main__":
    main()
