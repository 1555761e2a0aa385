"""Metrics: the result after each update; the class that "accuracy" and loss names stand for."""

import keras
import numpy as np
from keras.src.trainers.compile_utils import get_metric

from keras_cases.loss import binary, normal, one_hot, probabilities
from store import generator

LABELS = lambda d: d.integers(0, 4, 5).astype(np.int32)
HALF = lambda d: d.uniform(0, 1, (5, 1)).astype(np.float32)
# (class, arguments, y_true, y_pred); a function of the losses is wrapped as `compile` wraps it
ROWS = [
    ("Accuracy", {}, LABELS, LABELS), ("BinaryAccuracy", {}, lambda d: binary(d, 5, 1), HALF), ("BinaryAccuracy", dict(threshold=0.3), lambda d: binary(d, 5, 1), HALF),
    ("CategoricalAccuracy", {}, lambda d: one_hot(d, 5, 4), lambda d: probabilities(d, 5, 4)), ("SparseCategoricalAccuracy", {}, LABELS, lambda d: probabilities(d, 5, 4)),
    ("SparseCategoricalAccuracy", {}, lambda d: d.integers(0, 4, (5, 1)).astype(np.float32), lambda d: probabilities(d, 5, 4)),
    ("TopKCategoricalAccuracy", dict(k=2), lambda d: one_hot(d, 5, 4), lambda d: probabilities(d, 5, 4)),
    ("SparseTopKCategoricalAccuracy", dict(k=2), LABELS, lambda d: probabilities(d, 5, 4)),
    ("MeanSquaredError", {}, lambda d: normal(d, 5, 3), lambda d: normal(d, 5, 3)), ("MeanAbsoluteError", {}, lambda d: normal(d, 5, 3), lambda d: normal(d, 5, 3)),
    ("RootMeanSquaredError", {}, lambda d: normal(d, 5, 3), lambda d: normal(d, 5, 3)),
    ("CategoricalCrossentropy", {}, lambda d: one_hot(d, 5, 4), lambda d: probabilities(d, 5, 4)),
    ("SparseCategoricalCrossentropy", dict(from_logits=True), LABELS, lambda d: normal(d, 5, 4)),
    ("BinaryCrossentropy", {}, lambda d: binary(d, 5, 1), HALF),
]  # fmt: skip
REDUCTIONS = ["Mean", "Sum"]
SHAPES = [((5,), (5, 4)), ((5, 1), (5, 4)), ((5, 4), (5, 4)), ((5, 1), (5, 1)), ((5,), (5, 1)), ((5,), (5,)), ((5, 3), (5, 3, 4)), ((5, 3, 4), (5, 3, 4)), ((5, 3, 1), (5, 3, 1))]


def put(store, value):
    return None if value is None else store.put(np.asarray(value))


def main(store):
    out = []
    for number, (class_name, arguments, true, pred) in enumerate(ROWS):
        for weighted in (False, True):
            draw = generator(f"metric/{number}/{weighted}")
            metric = getattr(keras.metrics, class_name)(**arguments)
            updates = []
            for _ in range(3):
                y_true, y_pred = true(draw), pred(draw)
                weight = draw.uniform(0, 2, 5).astype(np.float32) if weighted else None
                metric.update_state(y_true, y_pred, sample_weight=weight)
                updates.append({"y_true": put(store, y_true), "y_pred": put(store, y_pred), "sample_weight": put(store, weight), "result": float(metric.result())})
            metric.reset_state()
            out.append({"class_name": class_name, "name": metric.name, "config": metric.get_config(), "updates": updates, "after_reset": float(metric.result()),
                        "variables": [v.path for v in metric.variables]})  # fmt: skip
    for class_name in REDUCTIONS:
        for weighted in (False, True):
            draw = generator(f"metric/{class_name}/{weighted}")
            metric, updates = getattr(keras.metrics, class_name)(), []
            for shape in ((), (4,), (4, 3)):
                values = np.asarray(draw.normal(size=shape), np.float32)
                weight = np.asarray(draw.uniform(0, 2, shape[:1]), np.float32) if weighted else None
                metric.update_state(values, sample_weight=weight)
                updates.append({"values": put(store, values), "sample_weight": put(store, weight), "result": float(metric.result())})
            out.append({"class_name": class_name, "name": metric.name, "config": metric.get_config(), "updates": updates})
    for true, pred in SHAPES:
        draw = generator(f"choice/{true}/{pred}")
        y_true = draw.integers(0, 2, true).astype(np.float32)
        entry = {"choice": {"y_true": list(true), "y_pred": list(pred)}}
        for name in ("accuracy", "acc", "mse", "mae"):
            made = get_metric(name, y_true, normal(draw, *pred))
            entry["choice"][name] = {"class_name": type(made).__name__, "name": made.name, "function": getattr(getattr(made, "_fn", None), "__name__", None)}
        out.append(entry)
    return out
