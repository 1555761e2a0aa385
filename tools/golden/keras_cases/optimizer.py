"""Optimizers: five updates from given gradients; the variables after each, the optimizer's own at the end."""

import keras
import numpy as np

from keras_env import variables
from store import generator

ExponentialDecay = keras.optimizers.schedules.ExponentialDecay
ALL_AT_ONCE = dict(clipnorm=0.5, weight_decay=0.05, use_ema=True, gradient_accumulation_steps=3)
COMMON = [dict(weight_decay=0.05), dict(clipnorm=0.5), dict(clipvalue=0.3), dict(global_clipnorm=0.5), dict(use_ema=True, ema_momentum=0.8),
          dict(use_ema=True, ema_momentum=0.5, ema_overwrite_frequency=2), dict(gradient_accumulation_steps=2), dict(loss_scale_factor=128.0),
          dict(use_ema=True, ema_momentum=0.5, ema_overwrite_frequency=2, gradient_accumulation_steps=2), ALL_AT_ONCE]  # fmt: skip
# These two are no arguments: they are set on the optimizer, on the first variable.
EXCLUDED = [dict(weight_decay=0.05, exclude=dict(var_names=["kern.l"])), dict(weight_decay=0.05, exclude=dict(var_list=[1]))]
CONSTRAINED = [dict(constraint="NonNeg"), dict(constraint="NonNeg", gradient_accumulation_steps=2)]
ROWS = [
    ("SGD", [dict(), dict(momentum=0.9), dict(momentum=0.9, nesterov=True)] + [dict(momentum=0.8, **c) for c in COMMON] + EXCLUDED + CONSTRAINED + ["schedule", "staircase"]),
    ("RMSprop", [dict(), dict(rho=0.5, epsilon=1e-3), dict(momentum=0.9), dict(centered=True), dict(centered=True, momentum=0.9)] + COMMON + ["schedule"]),
    ("Adam", [dict(), dict(beta_1=0.8, beta_2=0.95, epsilon=1e-3), dict(amsgrad=True)] + COMMON + ["schedule"]),
    ("AdamW", [dict(), dict(weight_decay=0.3), dict(beta_1=0.8, beta_2=0.95, epsilon=1e-3), dict(amsgrad=True), ALL_AT_ONCE, EXCLUDED[0], "schedule"]),
    ("Adamax", [dict(), dict(beta_1=0.7), dict(beta_2=0.5), dict(epsilon=0.5), ALL_AT_ONCE, "schedule"]),
    ("Nadam", [dict(), dict(beta_1=0.7), dict(beta_2=0.5), dict(epsilon=0.5)] + COMMON + ["schedule"]),
    ("Adagrad", [dict(), dict(initial_accumulator_value=0.0), dict(initial_accumulator_value=2.0), dict(epsilon=0.5), ALL_AT_ONCE, "schedule"]),
    ("Adadelta", [dict(learning_rate=1.0), dict(learning_rate=1.0, rho=0.5), dict(learning_rate=1.0, epsilon=1e-2), ALL_AT_ONCE, "schedule"]),
    ("Lion", [dict(), dict(beta_1=0.3), dict(beta_1=1.0), dict(beta_2=0.5), ALL_AT_ONCE, "schedule"]),
    ("Ftrl", [dict(), dict(learning_rate_power=-0.8), dict(learning_rate_power=0.0), dict(initial_accumulator_value=1.0), dict(l1_regularization_strength=0.5),
              dict(l2_regularization_strength=0.5), dict(l2_shrinkage_regularization_strength=0.5), dict(beta=0.5), ALL_AT_ONCE, "schedule"]),
    ("Adafactor", [dict(), dict(learning_rate=1.0), dict(learning_rate=1.0, relative_step=False), dict(beta_2_decay=-0.3), dict(epsilon_1=0.1), dict(epsilon_2=2.0),
                   dict(clip_threshold=0.5)] + COMMON + ["schedule"]),
    ("Lamb", [dict(), dict(beta_1=0.7), dict(beta_2=0.5), dict(epsilon=0.5), dict(zero=True), ALL_AT_ONCE, "schedule"]),
]  # fmt: skip


def arguments_of(row):
    if row == "schedule":
        return dict(learning_rate=ExponentialDecay(0.1, 3, 0.5))
    if row == "staircase":
        return dict(learning_rate=ExponentialDecay(0.1, 2, 0.5, staircase=True))
    return dict(learning_rate=0.1) | {k: v for k, v in row.items() if k not in ("exclude", "constraint", "zero")}


def overflowing(row, draw, store):
    """A LossScaleOptimizer, and two of eight steps with a gradient that is not finite. Stateless: on JAX it cannot step otherwise."""
    row = dict(row)
    inner = getattr(keras.optimizers, row.pop("inner"))(**row.pop("arguments"))
    optimizer = keras.optimizers.LossScaleOptimizer(inner, **row)
    start = [draw.uniform(-1, 1, s).astype(np.float32) for s in ((4, 3), (3,))]
    trained = [keras.Variable(v, name=n) for v, n in zip(start, ("kernel", "bias"))]
    optimizer.build(trained)
    steps = []
    for step in range(8):
        gradients = [(draw.normal(size=v.shape) * float(optimizer.dynamic_scale)).astype(np.float32) for v in start]
        if step in (1, 4):
            gradients[step % 2].flat[1] = np.inf if step == 1 else np.nan
        new, state = optimizer.stateless_apply([v.value for v in optimizer.variables], gradients, [v.value for v in trained])
        for variable, value in zip(trained + optimizer.variables, [*new, *state]):
            variable.assign(value)
        steps.append({"gradients": [store.put(g) for g in gradients], "variables": [store.put(np.array(v)) for v in trained],
                      "learning_rate": float(optimizer.learning_rate), "iterations": int(optimizer.iterations)})  # fmt: skip
    return optimizer, start, steps


LOSS_SCALE = [dict(inner="SGD", arguments=dict(learning_rate=0.1, momentum=0.9)), dict(inner="Adam", arguments=dict(learning_rate=0.1), initial_scale=16.0, dynamic_growth_steps=2),
              dict(inner="AdamW", arguments=dict(learning_rate=0.1, clipnorm=0.5, use_ema=True), dynamic_growth_steps=1, name="scaled"),
              dict(inner="SGD", arguments=dict(learning_rate=ExponentialDecay(0.1, 3, 0.5)), dynamic_growth_steps=3)]  # fmt: skip


def loss_scale(row, store):
    said = {k: v if k != "arguments" else {a: b if isinstance(b, (int, float)) else "schedule" for a, b in v.items()} for k, v in row.items()}
    name = "LossScaleOptimizer/" + ",".join(f"{k}={v}" for k, v in said.items())
    optimizer, start, steps = overflowing(row, generator("optimizer/" + name), store)
    return {"name": name, "class_name": "LossScaleOptimizer", "config": keras.optimizers.serialize(optimizer)["config"], "start": [store.put(v) for v in start],
            "steps": steps, "optimizer_variables": variables(store, optimizer.variables), "exclude": None, "constraint": None}  # fmt: skip


def run(class_name, row, store):
    name = f"{class_name}/{row if isinstance(row, str) else ','.join(f'{k}={v}' for k, v in row.items()) or 'plain'}"
    draw = generator("optimizer/" + name)
    optimizer = getattr(keras.optimizers, class_name)(**arguments_of(row))
    more = row if isinstance(row, dict) else {}
    start = [draw.uniform(-1, 1, s).astype(np.float32) * (not more.get("zero")) for s in ((4, 3), (3,))]
    trained = [keras.Variable(v, name=n) for v, n in zip(start, ("kernel", "bias"))]
    if exclude := more.get("exclude"):
        optimizer.exclude_from_weight_decay([trained[i] for i in exclude.get("var_list", [])], exclude.get("var_names"))
    if constraint := more.get("constraint"):
        trained[0].constraint = keras.constraints.get(constraint)
    scale = optimizer.loss_scale_factor or 1.0
    steps = []
    for _ in range(5):
        gradients = [(draw.normal(size=v.shape) * scale).astype(np.float32) for v in start]
        optimizer.apply(gradients, trained)
        steps.append({"gradients": [store.put(g) for g in gradients], "variables": [store.put(np.array(v)) for v in trained],
                      "learning_rate": float(optimizer.learning_rate), "iterations": int(optimizer.iterations)})  # fmt: skip
    entry = {"name": name, "class_name": class_name, "config": keras.optimizers.serialize(optimizer)["config"], "start": [store.put(v) for v in start], "steps": steps,
             "optimizer_variables": variables(store, optimizer.variables), "exclude": exclude, "constraint": constraint}  # fmt: skip
    if optimizer.use_ema:
        optimizer.finalize_variable_values(trained)
        entry["finalized"] = [store.put(np.array(v)) for v in trained]
    return entry


SCHEDULES = [
    ("ExponentialDecay", dict(initial_learning_rate=0.1, decay_steps=10, decay_rate=0.7), [dict(), dict(staircase=True)]),
    ("InverseTimeDecay", dict(initial_learning_rate=0.1, decay_steps=10, decay_rate=0.7), [dict(), dict(staircase=True)]),
    ("PolynomialDecay", dict(initial_learning_rate=0.1, decay_steps=10), [dict(), dict(end_learning_rate=0.03), dict(power=2.5), dict(cycle=True), dict(cycle=True, power=0.5)]),
    ("PiecewiseConstantDecay", {}, [dict(boundaries=[5, 10, 25], values=[0.1, 0.05, 0.2, 0.01]), dict(boundaries=[9.5], values=[1, 0.25])]),
    ("CosineDecay", dict(initial_learning_rate=0.1, decay_steps=10), [dict(), dict(alpha=0.2), dict(warmup_target=0.3, warmup_steps=9), dict(warmup_target=0.3, alpha=0.5)]),
    ("CosineDecayRestarts", dict(initial_learning_rate=0.1, first_decay_steps=10), [dict(), dict(t_mul=1.0), dict(t_mul=1.5), dict(m_mul=0.6), dict(t_mul=1.0, m_mul=0.6, alpha=0.2)]),
]  # fmt: skip


def schedules():
    out = []
    for class_name, required, rows in SCHEDULES:
        for arguments in rows:
            made = getattr(keras.optimizers.schedules, class_name)(**required, **arguments)
            rates = {str(step): float(made(step)) for step in (0, 1, 5, 9, 10, 11, 25, 26, 47, 1000)}
            out.append({"class_name": class_name, "config": made.get_config(), "rates": rates})
    return out


def main(store):
    out = schedules()
    for class_name, rows in ROWS:
        for row in rows:
            keras.backend.clear_session()
            out.append(run(class_name, row, store))
    for row in LOSS_SCALE:
        keras.backend.clear_session()
        out.append(loss_scale(row, store))
    return out
