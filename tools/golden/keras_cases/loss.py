"""Losses: value for each reduction, with and without sample weights; gradient by y_pred."""

import jax
import jax.numpy as jnp
import keras
import numpy as np

from store import generator

REDUCTIONS = ("sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", "none", None)


def one_hot(draw, rows, classes):
    return np.eye(classes, dtype=np.float32)[draw.integers(0, classes, rows)]


def labels(draw, *shape, classes=4):
    return draw.integers(0, classes, shape).astype(np.int32)


def probabilities(draw, *shape):
    raw = np.exp(draw.normal(size=shape))
    return (raw / raw.sum(-1, keepdims=True)).astype(np.float32)


def normal(draw, *shape):
    return draw.normal(size=shape).astype(np.float32)


def uniform(draw, *shape):
    return draw.uniform(0, 1, shape).astype(np.float32)


def binary(draw, *shape):
    return draw.integers(0, 2, shape).astype(np.float32)


def counts(draw, *shape):
    return draw.integers(0, 5, shape).astype(np.float32)


def unit_rows(draw, *shape):
    raw = draw.normal(size=shape)
    return (raw / np.linalg.norm(raw, axis=-1, keepdims=True)).astype(np.float32)


# Of numbers: they are computed alike for rows, for one column that lacks its dim on one side, and for more axes.
REGRESSION = [
    (class_name, arguments, true, pred)
    for class_name, arguments in (("MeanSquaredError", {}), ("MeanAbsoluteError", {}), ("MeanAbsolutePercentageError", {}), ("Huber", {}), ("Huber", dict(delta=0.4)), ("LogCosh", {}))
    for true, pred in (
        (lambda d: normal(d, 6, 3), lambda d: normal(d, 6, 3)),
        (lambda d: normal(d, 6), lambda d: normal(d, 6, 1)),
        (lambda d: normal(d, 2, 3, 4), lambda d: normal(d, 2, 3, 4)),
    )
]  # fmt: skip
IMAGES = (lambda d: binary(d, 3, 4, 4, 2), lambda d: uniform(d, 3, 4, 4, 2))
# (class, arguments, y_true, y_pred)
ROWS = REGRESSION + [
    ("MeanSquaredError", dict(dtype="float16"), lambda d: counts(d, 4, 4), lambda d: counts(d, 4, 4)),
    ("MeanAbsolutePercentageError", {}, lambda d: binary(d, 6, 3), lambda d: normal(d, 6, 3)),
    ("MeanSquaredLogarithmicError", {}, lambda d: uniform(d, 6, 3) * 5, lambda d: uniform(d, 6, 3) * 5),
    ("MeanSquaredLogarithmicError", {}, lambda d: normal(d, 2, 3, 4), lambda d: normal(d, 2, 3, 4)),
    ("CosineSimilarity", {}, lambda d: normal(d, 6, 3), lambda d: normal(d, 6, 3)),
    ("CosineSimilarity", dict(axis=1), lambda d: normal(d, 2, 3, 4), lambda d: normal(d, 2, 3, 4)),
    ("CategoricalCrossentropy", {}, lambda d: one_hot(d, 6, 4), lambda d: probabilities(d, 6, 4)),
    ("CategoricalCrossentropy", dict(from_logits=True), lambda d: one_hot(d, 6, 4), lambda d: normal(d, 6, 4)),
    ("CategoricalCrossentropy", dict(label_smoothing=0.2), lambda d: one_hot(d, 6, 4), lambda d: probabilities(d, 6, 4)),
    ("CategoricalCrossentropy", dict(from_logits=True, label_smoothing=0.1), lambda d: one_hot(d, 6, 4), lambda d: normal(d, 6, 4) * 20),
    ("CategoricalCrossentropy", {}, lambda d: one_hot(d, 6, 4).reshape(2, 3, 4), lambda d: probabilities(d, 2, 3, 4)),
    ("CategoricalCrossentropy", dict(axis=1), lambda d: probabilities(d, 2, 3, 4), lambda d: uniform(d, 2, 3, 4)),
    ("CategoricalCrossentropy", dict(axis=1, label_smoothing=0.3), lambda d: probabilities(d, 2, 3, 4), lambda d: uniform(d, 2, 3, 4)),
    ("CategoricalFocalCrossentropy", {}, lambda d: one_hot(d, 6, 4), lambda d: probabilities(d, 6, 4)),
    ("CategoricalFocalCrossentropy", dict(alpha=0.6, gamma=1.5), lambda d: one_hot(d, 6, 4), lambda d: probabilities(d, 6, 4)),
    ("CategoricalFocalCrossentropy", dict(alpha=[0.1, 0.2, 0.3, 0.4]), lambda d: one_hot(d, 6, 4), lambda d: probabilities(d, 6, 4)),
    ("CategoricalFocalCrossentropy", dict(from_logits=True, label_smoothing=0.1), lambda d: one_hot(d, 6, 4), lambda d: normal(d, 6, 4)),
    ("CategoricalFocalCrossentropy", dict(axis=1), lambda d: probabilities(d, 2, 3, 4), lambda d: uniform(d, 2, 3, 4)),
    ("SparseCategoricalCrossentropy", {}, lambda d: labels(d, 6), lambda d: probabilities(d, 6, 4)),
    ("SparseCategoricalCrossentropy", dict(from_logits=True), lambda d: labels(d, 6), lambda d: normal(d, 6, 4)),
    ("SparseCategoricalCrossentropy", dict(from_logits=True), lambda d: labels(d, 6, 1).astype(np.float32), lambda d: normal(d, 6, 4)),
    ("SparseCategoricalCrossentropy", dict(from_logits=True, ignore_class=-1), lambda d: np.array([0, -1, 2, 3, -1, 1], np.int32), lambda d: normal(d, 6, 4)),
    ("SparseCategoricalCrossentropy", {}, lambda d: labels(d, 2, 3), lambda d: probabilities(d, 2, 3, 4)),
    ("SparseCategoricalCrossentropy", dict(axis=2, from_logits=True), lambda d: labels(d, 2, 3), lambda d: normal(d, 2, 3, 4)),  # another one JAX refuses
    ("CategoricalGeneralizedCrossEntropy", {}, lambda d: labels(d, 6), lambda d: probabilities(d, 6, 4)),
    ("CategoricalGeneralizedCrossEntropy", dict(q=0.2), lambda d: labels(d, 2, 3), lambda d: probabilities(d, 2, 3, 4)),
    ("BinaryCrossentropy", {}, lambda d: binary(d, 6, 2), lambda d: uniform(d, 6, 2)),
    ("BinaryCrossentropy", dict(from_logits=True), lambda d: binary(d, 6, 2), lambda d: normal(d, 6, 2) * 10),
    ("BinaryCrossentropy", dict(label_smoothing=0.3), lambda d: binary(d, 6, 1), lambda d: uniform(d, 6, 1)),
    ("BinaryCrossentropy", dict(axis=1), lambda d: binary(d, 2, 3, 4), lambda d: uniform(d, 2, 3, 4)),
    ("BinaryCrossentropy", {}, lambda d: binary(d, 6, 1), lambda d: np.array([[0], [1], [0], [1], [1e-9], [0.5]], np.float32)),
    ("BinaryFocalCrossentropy", {}, lambda d: binary(d, 6, 2), lambda d: uniform(d, 6, 2)),
    ("BinaryFocalCrossentropy", dict(apply_class_balancing=True), lambda d: binary(d, 6, 2), lambda d: uniform(d, 6, 2)),
    ("BinaryFocalCrossentropy", dict(apply_class_balancing=True, alpha=0.7, gamma=1.3), lambda d: binary(d, 6, 2), lambda d: uniform(d, 6, 2)),
    ("BinaryFocalCrossentropy", dict(from_logits=True, label_smoothing=0.2), lambda d: binary(d, 6, 2), lambda d: normal(d, 6, 2)),
    ("BinaryFocalCrossentropy", dict(axis=1), lambda d: binary(d, 2, 3, 4), lambda d: uniform(d, 2, 3, 4)),
    ("KLDivergence", {}, lambda d: probabilities(d, 6, 4), lambda d: probabilities(d, 6, 4)),
    ("KLDivergence", {}, lambda d: one_hot(d, 6, 4).reshape(2, 3, 4), lambda d: probabilities(d, 2, 3, 4)),
    ("Poisson", {}, lambda d: counts(d, 6, 3), lambda d: uniform(d, 6, 3) * 4),
    ("Poisson", {}, lambda d: labels(d, 2, 3, 4), lambda d: uniform(d, 2, 3, 4)),
    ("Hinge", {}, lambda d: binary(d, 6, 3), lambda d: normal(d, 6, 3)),
    ("Hinge", {}, lambda d: binary(d, 6, 3) * 2 - 1, lambda d: normal(d, 6, 3)),
    ("SquaredHinge", {}, lambda d: binary(d, 6, 3), lambda d: normal(d, 6, 3)),
    ("SquaredHinge", {}, lambda d: binary(d, 2, 3, 4) * 2 - 1, lambda d: normal(d, 2, 3, 4)),
    ("CategoricalHinge", {}, lambda d: one_hot(d, 6, 4), lambda d: normal(d, 6, 4)),
    ("CategoricalHinge", {}, lambda d: one_hot(d, 6, 4).reshape(2, 3, 4), lambda d: probabilities(d, 2, 3, 4)),
    ("Dice", {}, *IMAGES),
    ("Dice", dict(axis=[1, 2, 3]), *IMAGES),
    ("Dice", dict(axis=-1), lambda d: binary(d, 3, 4), lambda d: uniform(d, 3, 4)),
    ("Tversky", {}, *IMAGES),
    ("Tversky", dict(alpha=0.3, beta=0.9), *IMAGES),
    ("Tversky", dict(axis=[1, 2, 3]), *IMAGES),
    ("Circle", {}, lambda d: labels(d, 8, classes=3), lambda d: unit_rows(d, 8, 4)),
    ("Circle", dict(gamma=20.0, margin=0.2), lambda d: labels(d, 8, classes=3), lambda d: unit_rows(d, 8, 4)),
    ("Circle", dict(remove_diagonal=False, gamma=5.0), lambda d: labels(d, 8, classes=3), lambda d: unit_rows(d, 8, 4) * 0.9),
    ("Circle", {}, lambda d: np.array([0, 1, 2, 0, 3, 1], np.int32), lambda d: unit_rows(d, 6, 4)),
]  # fmt: skip


def weights_for(draw, y_true, y_pred):
    yield None, None
    rows = (len(y_true), 1) if y_pred.ndim == 3 else (len(y_true),)
    yield "rows", draw.uniform(0, 2, rows).astype(np.float32)
    yield "scalar", np.float32(0.7)
    yield "zeros", np.zeros(rows, np.float32)


def main(store):
    out, whole = [], set()
    for number, (class_name, arguments, true, pred) in enumerate(ROWS):
        draw = generator(f"loss/{class_name}/{arguments}")
        y_true, y_pred = true(draw), pred(draw)
        first = class_name not in whole  # every reduction and kind of weights once a class
        whole.add(class_name)
        for kind, weight in weights_for(draw, y_true, y_pred):
            if not first and kind in ("scalar", "zeros"):
                continue
            for reduction in REDUCTIONS if first else ("sum_over_batch_size", "none"):
                given = dict(arguments, reduction=reduction)
                loss = getattr(keras.losses, class_name)(**given)
                value = np.asarray(loss(y_true, y_pred, sample_weight=weight))
                gradient = jax.grad(lambda p: jnp.sum(loss(y_true, p, sample_weight=weight)))(jnp.asarray(y_pred))
                out.append({"class_name": class_name, "number": number, "arguments": given, "config": loss.get_config(), "weights": kind, "y_true": store.put(y_true), "y_pred": store.put(y_pred),
                            "sample_weight": None if weight is None else store.put(np.asarray(weight)), "value": store.put(value), "gradient": store.put(np.asarray(gradient))})  # fmt: skip
    return out
