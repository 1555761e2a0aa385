"""Losses: value for each reduction, with and without sample weights; gradient by y_pred."""

import jax
import jax.numpy as jnp
import keras
import numpy as np

from store import generator

REDUCTIONS = ("sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", "none")


def one_hot(draw, rows, classes):
    return np.eye(classes, dtype=np.float32)[draw.integers(0, classes, rows)]


def probabilities(draw, *shape):
    raw = np.exp(draw.normal(size=shape))
    return (raw / raw.sum(-1, keepdims=True)).astype(np.float32)


def normal(draw, *shape):
    return draw.normal(size=shape).astype(np.float32)


def binary(draw, *shape):
    return draw.integers(0, 2, shape).astype(np.float32)


# (class, arguments, y_true, y_pred)
ROWS = [
    ("CategoricalCrossentropy", {}, lambda d: one_hot(d, 6, 4), lambda d: probabilities(d, 6, 4)),
    ("CategoricalCrossentropy", dict(from_logits=True), lambda d: one_hot(d, 6, 4), lambda d: normal(d, 6, 4)),
    ("CategoricalCrossentropy", dict(label_smoothing=0.2), lambda d: one_hot(d, 6, 4), lambda d: probabilities(d, 6, 4)),
    ("CategoricalCrossentropy", dict(from_logits=True, label_smoothing=0.1), lambda d: one_hot(d, 6, 4), lambda d: normal(d, 6, 4) * 20),
    ("CategoricalCrossentropy", {}, lambda d: one_hot(d, 6, 4).reshape(2, 3, 4), lambda d: probabilities(d, 2, 3, 4)),
    ("SparseCategoricalCrossentropy", {}, lambda d: d.integers(0, 4, 6).astype(np.int32), lambda d: probabilities(d, 6, 4)),
    ("SparseCategoricalCrossentropy", dict(from_logits=True), lambda d: d.integers(0, 4, 6).astype(np.int32), lambda d: normal(d, 6, 4)),
    ("SparseCategoricalCrossentropy", dict(from_logits=True), lambda d: d.integers(0, 4, (6, 1)).astype(np.float32), lambda d: normal(d, 6, 4)),
    ("SparseCategoricalCrossentropy", dict(from_logits=True, ignore_class=-1), lambda d: np.array([0, -1, 2, 3, -1, 1], np.int32), lambda d: normal(d, 6, 4)),
    ("SparseCategoricalCrossentropy", {}, lambda d: d.integers(0, 4, (2, 3)).astype(np.int32), lambda d: probabilities(d, 2, 3, 4)),
    ("BinaryCrossentropy", {}, lambda d: binary(d, 6, 2), lambda d: d.uniform(0, 1, (6, 2)).astype(np.float32)),
    ("BinaryCrossentropy", dict(from_logits=True), lambda d: binary(d, 6, 2), lambda d: normal(d, 6, 2) * 10),
    ("BinaryCrossentropy", dict(label_smoothing=0.3), lambda d: binary(d, 6, 1), lambda d: d.uniform(0, 1, (6, 1)).astype(np.float32)),
    ("BinaryCrossentropy", {}, lambda d: binary(d, 6, 1), lambda d: np.array([[0], [1], [0], [1], [1e-9], [0.5]], np.float32)),
    ("MeanSquaredError", {}, lambda d: normal(d, 6, 3), lambda d: normal(d, 6, 3)),
    ("MeanSquaredError", {}, lambda d: normal(d, 6), lambda d: normal(d, 6, 1)),
    ("MeanSquaredError", {}, lambda d: normal(d, 2, 3, 4), lambda d: normal(d, 2, 3, 4)),
    ("MeanAbsoluteError", {}, lambda d: normal(d, 6, 3), lambda d: normal(d, 6, 3)),
]  # fmt: skip


def weights_for(draw, y_true, y_pred):
    yield None, None
    rows = (len(y_true), 1) if y_pred.ndim == 3 else (len(y_true),)
    yield "rows", draw.uniform(0, 2, rows).astype(np.float32)
    yield "scalar", np.float32(0.7)
    yield "zeros", np.zeros(rows, np.float32)


def main(store):
    out = []
    for number, (class_name, arguments, true, pred) in enumerate(ROWS):
        draw = generator(f"loss/{number}")
        y_true, y_pred = true(draw), pred(draw)
        for kind, weight in weights_for(draw, y_true, y_pred):
            for reduction in REDUCTIONS:
                loss = getattr(keras.losses, class_name)(reduction=reduction, **arguments)
                value = np.asarray(loss(y_true, y_pred, sample_weight=weight))
                gradient = jax.grad(lambda p: jnp.sum(loss(y_true, p, sample_weight=weight)))(jnp.asarray(y_pred))
                out.append({"class_name": class_name, "number": number, "config": loss.get_config(), "weights": kind, "y_true": store.put(y_true), "y_pred": store.put(y_pred),
                            "sample_weight": None if weight is None else store.put(np.asarray(weight)), "value": store.put(value), "gradient": store.put(np.asarray(gradient))})  # fmt: skip
    return out
