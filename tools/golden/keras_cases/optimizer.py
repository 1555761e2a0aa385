"""Optimizers: five updates from given gradients; the variables after each, the optimizer's own at the end."""

import keras
import numpy as np

from keras_env import variables
from store import generator

ExponentialDecay = keras.optimizers.schedules.ExponentialDecay
COMMON = [dict(weight_decay=0.05), dict(clipnorm=0.5), dict(clipvalue=0.3), dict(global_clipnorm=0.5), dict(use_ema=True, ema_momentum=0.8),
          dict(use_ema=True, ema_momentum=0.5, ema_overwrite_frequency=2), dict(gradient_accumulation_steps=2), dict(loss_scale_factor=128.0),
          dict(clipnorm=0.5, weight_decay=0.05, use_ema=True, gradient_accumulation_steps=3)]  # fmt: skip
ROWS = [
    ("SGD", [dict(), dict(momentum=0.9), dict(momentum=0.9, nesterov=True)] + [dict(momentum=0.8, **c) for c in COMMON] + ["schedule", "staircase"]),
    ("RMSprop", [dict(), dict(rho=0.5, epsilon=1e-3), dict(momentum=0.9), dict(centered=True), dict(centered=True, momentum=0.9)] + COMMON + ["schedule"]),
    ("Adam", [dict(), dict(beta_1=0.8, beta_2=0.95, epsilon=1e-3), dict(amsgrad=True)] + COMMON + ["schedule"]),
]


def arguments_of(row):
    if row == "schedule":
        return dict(learning_rate=ExponentialDecay(0.1, 3, 0.5))
    if row == "staircase":
        return dict(learning_rate=ExponentialDecay(0.1, 2, 0.5, staircase=True))
    return dict(learning_rate=0.1) | row


def run(class_name, row, store):
    name = f"{class_name}/{row if isinstance(row, str) else ','.join(f'{k}={v}' for k, v in row.items()) or 'plain'}"
    draw = generator("optimizer/" + name)
    optimizer = getattr(keras.optimizers, class_name)(**arguments_of(row))
    start = [draw.uniform(-1, 1, s).astype(np.float32) for s in ((4, 3), (3,))]
    trained = [keras.Variable(v, name=n) for v, n in zip(start, ("kernel", "bias"))]
    scale = optimizer.loss_scale_factor or 1.0
    steps = []
    for _ in range(5):
        gradients = [(draw.normal(size=v.shape) * scale).astype(np.float32) for v in start]
        optimizer.apply(gradients, trained)
        steps.append({"gradients": [store.put(g) for g in gradients], "variables": [store.put(np.array(v)) for v in trained],
                      "learning_rate": float(optimizer.learning_rate), "iterations": int(optimizer.iterations)})  # fmt: skip
    entry = {"name": name, "class_name": class_name, "config": keras.optimizers.serialize(optimizer)["config"], "start": [store.put(v) for v in start], "steps": steps,
             "optimizer_variables": variables(store, optimizer.variables)}  # fmt: skip
    if optimizer.use_ema:
        optimizer.finalize_variable_values(trained)
        entry["finalized"] = [store.put(np.array(v)) for v in trained]
    return entry


def schedules():
    out = []
    for arguments in (dict(), dict(staircase=True)):
        made = ExponentialDecay(0.1, 10, 0.7, **arguments)
        out.append({"class_name": "ExponentialDecay", "config": made.get_config(), "rates": {str(step): float(made(step)) for step in (0, 1, 5, 9, 10, 11, 25, 1000)}})
    return out


def main(store):
    out = schedules()
    for class_name, rows in ROWS:
        for row in rows:
            keras.backend.clear_session()
            out.append(run(class_name, row, store))
    return out
