"""Metrics: the result after each update; the class that "accuracy" and loss names stand for."""

import keras
import numpy as np
from keras.src.trainers.compile_utils import get_metric

from keras_cases.loss import binary, counts, labels, normal, one_hot, probabilities, uniform
from store import generator

LABELS = lambda d: labels(d, 5)
HALF = lambda d: uniform(d, 5, 1)
NUMBERS = lambda d: normal(d, 5, 3)
HOT = lambda d: one_hot(d, 5, 4)
SCORES = lambda d: probabilities(d, 5, 4)
QUARTERS = lambda d: (d.integers(0, 5, (8, 1)) / 4).astype(np.float32)  # on thresholds
MANY = (lambda d: binary(d, 30), lambda d: uniform(d, 30))
SEVERAL = (lambda d: binary(d, 30, 3), lambda d: uniform(d, 30, 3))
# (class, arguments, y_true, y_pred)
ROWS = [
    ("MeanMetricWrapper", dict(fn=keras.losses.huber), NUMBERS, NUMBERS), ("MeanMetricWrapper", dict(fn=keras.losses.log_cosh, name="far"), NUMBERS, NUMBERS),
    ("Accuracy", {}, LABELS, LABELS), ("Accuracy", {}, LABELS, lambda d: labels(d, 5, 1).astype(np.float32)),
    ("BinaryAccuracy", {}, lambda d: binary(d, 5, 1), HALF), ("BinaryAccuracy", dict(threshold=0.3), lambda d: binary(d, 5, 1), HALF),
    ("CategoricalAccuracy", {}, HOT, SCORES), ("SparseCategoricalAccuracy", {}, LABELS, SCORES), ("SparseCategoricalAccuracy", {}, lambda d: labels(d, 5, 1).astype(np.float32), SCORES),
    ("TopKCategoricalAccuracy", dict(k=2), HOT, SCORES), ("TopKCategoricalAccuracy", {}, HOT, SCORES), ("TopKCategoricalAccuracy", dict(k=2), lambda d: one_hot(d, 15, 4).reshape(5, 3, 4), lambda d: probabilities(d, 5, 3, 4)),
    ("SparseTopKCategoricalAccuracy", dict(k=2), LABELS, SCORES), ("SparseTopKCategoricalAccuracy", dict(k=2), lambda d: labels(d, 5, 3), lambda d: probabilities(d, 5, 3, 4)),
    ("SparseTopKCategoricalAccuracy", dict(k=2, from_sorted_ids=True), LABELS, lambda d: np.argsort(probabilities(d, 5, 4)).astype(np.int32)),
    ("MeanSquaredError", {}, NUMBERS, NUMBERS), ("MeanSquaredError", dict(dtype="float16"), lambda d: counts(d, 5, 4), lambda d: counts(d, 5, 4)), ("MeanAbsoluteError", {}, NUMBERS, NUMBERS),
    ("MeanAbsolutePercentageError", {}, NUMBERS, NUMBERS), ("MeanSquaredLogarithmicError", {}, NUMBERS, NUMBERS), ("LogCoshError", {}, NUMBERS, NUMBERS),
    ("RootMeanSquaredError", {}, NUMBERS, NUMBERS), ("RootMeanSquaredError", {}, lambda d: normal(d, 5), lambda d: normal(d, 5, 1)),
    ("CosineSimilarity", {}, NUMBERS, NUMBERS), ("CosineSimilarity", dict(axis=1), lambda d: normal(d, 5, 3, 2), lambda d: normal(d, 5, 3, 2)),
    ("R2Score", {}, NUMBERS, NUMBERS), ("R2Score", dict(class_aggregation=None), NUMBERS, NUMBERS), ("R2Score", dict(class_aggregation="variance_weighted_average"), NUMBERS, NUMBERS),
    ("R2Score", dict(num_regressors=2), NUMBERS, NUMBERS), ("R2Score", dict(num_regressors=20), NUMBERS, NUMBERS), ("R2Score", {}, lambda d: normal(d, 5), lambda d: normal(d, 5, 1)),
    ("PearsonCorrelation", {}, NUMBERS, NUMBERS), ("PearsonCorrelation", dict(axis=1), lambda d: normal(d, 5, 3, 2), lambda d: normal(d, 5, 3, 2)),
    ("ConcordanceCorrelation", {}, NUMBERS, NUMBERS), ("ConcordanceCorrelation", dict(axis=1), lambda d: normal(d, 5, 3, 2), lambda d: normal(d, 5, 3, 2)),
    ("CategoricalCrossentropy", {}, HOT, SCORES), ("CategoricalCrossentropy", dict(from_logits=True, label_smoothing=0.2), HOT, lambda d: normal(d, 5, 4)),
    ("CategoricalCrossentropy", dict(axis=1), lambda d: probabilities(d, 5, 3, 2), lambda d: uniform(d, 5, 3, 2)),
    ("SparseCategoricalCrossentropy", dict(from_logits=True), LABELS, lambda d: normal(d, 5, 4)), ("SparseCategoricalCrossentropy", dict(ignore_class=2), LABELS, SCORES),
    ("SparseCategoricalCrossentropy", dict(axis=2), lambda d: labels(d, 5, 2), lambda d: probabilities(d, 5, 2, 4)),
    ("BinaryCrossentropy", {}, lambda d: binary(d, 5, 1), HALF), ("BinaryCrossentropy", dict(from_logits=True, label_smoothing=0.3), lambda d: binary(d, 5, 1), lambda d: normal(d, 5, 1)),
    ("KLDivergence", {}, SCORES, SCORES), ("Poisson", {}, lambda d: counts(d, 5, 3), lambda d: uniform(d, 5, 3)),
    ("Hinge", {}, lambda d: binary(d, 5, 3), NUMBERS), ("SquaredHinge", {}, lambda d: binary(d, 5, 3), NUMBERS), ("CategoricalHinge", {}, HOT, lambda d: normal(d, 5, 4)),
    *[(name, arguments, true, pred) for name in ("TruePositives", "TrueNegatives", "FalsePositives", "FalseNegatives") for arguments, true, pred in (
        ({}, lambda d: binary(d, 8, 1), QUARTERS), (dict(thresholds=0.25), lambda d: binary(d, 8), QUARTERS), (dict(thresholds=[0.1, 0.25, 0.9]), *SEVERAL),
        (dict(thresholds=[0.0, 0.25, 0.5, 0.75, 1.0]), lambda d: binary(d, 8, 1), QUARTERS))],
    *[(name, arguments, true, pred) for name in ("Precision", "Recall") for arguments, true, pred in (
        ({}, *MANY), (dict(thresholds=[0.2, 0.7]), *SEVERAL), (dict(thresholds=[0.0, 0.5, 1.0]), *MANY), (dict(top_k=2), *SEVERAL), (dict(class_id=1), *SEVERAL),
        (dict(top_k=2, class_id=2), *SEVERAL), (dict(top_k=1, thresholds=0.6), *SEVERAL), (dict(class_id=0, thresholds=[0.0, 0.5, 1.0]), *SEVERAL))],
    *[(name, {given: at} | arguments, true, pred) for name, given in (("SensitivityAtSpecificity", "specificity"), ("SpecificityAtSensitivity", "sensitivity"), ("PrecisionAtRecall", "recall"), ("RecallAtPrecision", "precision"))
      for at, arguments, true, pred in ((0.5, {}, *MANY), (0.8, dict(num_thresholds=1), *MANY), (0.4, dict(num_thresholds=5), lambda d: binary(d, 8, 1), QUARTERS), (0.6, dict(class_id=1), *SEVERAL))],
    *[("AUC", dict(curve=curve, summation_method=method), *MANY) for curve in ("ROC", "PR", "PRGAIN") for method in ("interpolation", "minoring", "majoring")],
    ("AUC", dict(num_thresholds=5), lambda d: binary(d, 8, 1), QUARTERS), ("AUC", dict(thresholds=[0.9, 0.2, 0.35]), *MANY), ("AUC", dict(thresholds=[0.25, 0.5, 0.75]), *MANY),
    ("AUC", dict(from_logits=True), MANY[0], lambda d: normal(d, 30)), ("AUC", {}, *SEVERAL), ("AUC", dict(label_weights=[0.2, 0.5, 0.9]), *SEVERAL),
    ("AUC", dict(multi_label=True), *SEVERAL), ("AUC", dict(multi_label=True, num_labels=3, label_weights=[0.2, 0.5, 0.9]), *SEVERAL), ("AUC", dict(multi_label=True, curve="PR"), *SEVERAL),
    ("AUC", dict(multi_label=True, curve="PR", label_weights=[0.2, 0.5, 0.9], num_thresholds=20), *SEVERAL), ("AUC", dict(label_weights=[0.2, 0.5, 0.9], thresholds=[0.3, 0.4]), *SEVERAL),
    *[(name, arguments, HOT, SCORES) for name in ("F1Score", "FBetaScore") for arguments in ({}, dict(average="micro"), dict(average="macro"), dict(average="weighted"), dict(threshold=0.3), dict(average="micro", threshold=0.2))],
    ("FBetaScore", dict(beta=2.0, average="weighted"), HOT, SCORES), ("FBetaScore", dict(beta=0.5), lambda d: binary(d, 5, 4), lambda d: uniform(d, 5, 4)),
    ("IoU", dict(num_classes=4, target_class_ids=[0, 2]), LABELS, LABELS), ("IoU", dict(num_classes=3, target_class_ids=[1]), LABELS, lambda d: labels(d, 5, 1)),
    ("IoU", dict(num_classes=4, target_class_ids=[0, 1], sparse_y_true=False, sparse_y_pred=False, dtype="float32"), HOT, SCORES),
    ("BinaryIoU", {}, lambda d: binary(d, 5), lambda d: uniform(d, 5)), ("BinaryIoU", dict(target_class_ids=[1], threshold=0.3, dtype="float32"), lambda d: binary(d, 5), lambda d: uniform(d, 5)),
    ("MeanIoU", dict(num_classes=4), LABELS, LABELS), ("MeanIoU", dict(num_classes=4, ignore_class=1, dtype="float32"), LABELS, LABELS), ("MeanIoU", dict(num_classes=4, sparse_y_pred=False), LABELS, SCORES),
    ("OneHotIoU", dict(num_classes=4, target_class_ids=[0, 3], dtype="float32"), HOT, SCORES), ("OneHotIoU", dict(num_classes=4, target_class_ids=[0, 3], sparse_y_pred=True, ignore_class=2), HOT, LABELS),
    ("OneHotMeanIoU", dict(num_classes=4), HOT, SCORES), ("OneHotMeanIoU", dict(num_classes=4, sparse_y_pred=True, ignore_class=2, dtype="float32"), HOT, LABELS),
]  # fmt: skip
REDUCTIONS = ["Mean", "Sum"]
SHAPES = [((5,), (5, 4)), ((5, 1), (5, 4)), ((5, 4), (5, 4)), ((5, 1), (5, 1)), ((5,), (5, 1)), ((5,), (5,)), ((5, 3), (5, 3, 4)), ((5, 3, 4), (5, 3, 4)), ((5, 3, 1), (5, 3, 1))]


def put(store, value):
    return None if value is None else store.put(np.asarray(value))


def state(metric):
    return [{"path": v.path, "shape": list(v.shape), "dtype": v.dtype} for v in metric.variables]


def updated(store, class_name, arguments, weighted, draw_batch):
    """Three updates, each with the result after it."""
    draw = generator(f"metric/{class_name}/{[(key, getattr(value, '__name__', value)) for key, value in arguments.items()]}/{weighted}")
    metric, updates = getattr(keras.metrics, class_name)(**arguments), []
    for index in range(3):
        batch = draw_batch(draw, index)
        length = len(batch[0]) if np.ndim(batch[0]) else ()
        weight = np.asarray(draw.uniform(0, 2, length), np.float32) if weighted else None
        metric.update_state(*batch, sample_weight=weight)
        names = ("y_true", "y_pred") if len(batch) == 2 else ("values",)
        updates.append(dict(zip(names, (put(store, b) for b in batch))) | {"sample_weight": put(store, weight), "result": put(store, metric.result())})
    metric.reset_state()
    return {"class_name": class_name, "name": metric.name, "arguments": arguments, "config": metric.get_config(), "updates": updates, "after_reset": put(store, metric.result()), "variables": state(metric)}  # fmt: skip


def main(store):
    out = []
    for class_name, arguments, true, pred in ROWS:
        for weighted in (False, True):
            keras.backend.clear_session()  # automatic names are the first of their kind
            out.append(updated(store, class_name, arguments, weighted, lambda draw, _: (true(draw), pred(draw))))
    for class_name in REDUCTIONS:
        for weighted in (False, True):
            out.append(updated(store, class_name, {}, weighted, lambda draw, index: (np.asarray(draw.normal(size=[(), (4,), (4, 3)][index]), np.float32),)))
    for true, pred in SHAPES:
        draw = generator(f"choice/{true}/{pred}")
        y_true = draw.integers(0, 2, true).astype(np.float32)
        entry = {"choice": {"y_true": list(true), "y_pred": list(pred)}}
        for name in ("accuracy", "acc", "mse", "mae"):
            made = get_metric(name, y_true, normal(draw, *pred))
            entry["choice"][name] = {"class_name": type(made).__name__, "name": made.name, "function": getattr(getattr(made, "_fn", None), "__name__", None)}
        out.append(entry)
    return out
