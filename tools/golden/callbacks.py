"""Callbacks: what they print, what becomes of the model, which files they write.

callbacks/callbacks.json: `x`, `y` and `cases`. A case trains one Dense(1) from weights of 0.25 with SGD(0.1): the callbacks as class
and config; `scores`, put into the logs of each epoch before the callbacks see them; what `fit` gave: the text (the folder is FOLDER),
the history, the weights, the learning rate, the names of the files.
callbacks/backup/: what BackupAndRestore leaves after two epochs; `backup` says how a fit of five epochs goes on from there.
"""

import keras_env  # isort: skip
import contextlib
import io
import pathlib
import shutil
import tempfile

import keras
import numpy as np
from keras import layers

from keras_env import fresh, plain
from store import ROOT, generator, write_json

SCHEDULES = {"halve": lambda epoch, rate: rate * 0.5, "by_epoch": lambda epoch: 0.1 / (epoch + 1), "tiny": lambda epoch: 1e-5 * (epoch + 1)}
SCORES = [5.0, 4.0, 4.5, 4.4, 3.0, 3.1, 3.2, 3.3]
NAN = float("nan")


def plateau(**config):
    return [["ReduceLROnPlateau", {"monitor": "score", "mode": "min", "verbose": 1} | config]]


def stopping(**config):
    return [["EarlyStopping", {"monitor": "score", "mode": "min", "verbose": 1} | config]]


def checkpoint(filepath, **config):
    return [["ModelCheckpoint", {"filepath": "FOLDER/" + filepath, "monitor": "score", "mode": "min", "verbose": 1} | config]]


CASES = {
    "plateau": dict(callbacks=plateau(patience=1)),
    "plateau, cooldown": dict(callbacks=plateau(patience=1, cooldown=1, factor=0.5), scores=[1.0] * 8),
    "plateau, min_delta": dict(callbacks=plateau(patience=2, min_delta=0.6, factor=0.2)),
    "plateau, min_lr": dict(callbacks=plateau(patience=1, min_lr=0.03, factor=0.25), scores=[1.0] * 8),
    "plateau, max": dict(callbacks=plateau(patience=1, mode="max", factor=0.3)),
    "plateau, loss by auto": dict(callbacks=plateau(patience=0, mode="auto", monitor="loss", factor=0.9)),
    "plateau, quiet": dict(callbacks=plateau(patience=1, verbose=0)),
    "plateau, a score missing": dict(callbacks=plateau(patience=1, monitor="other")),
    "plateau, NaN": dict(callbacks=plateau(patience=1), scores=[1.0, NAN, NAN, 0.5, NAN, NAN, 0.1, 0.2]),
    "scheduler of epoch and rate": dict(callbacks=[["LearningRateScheduler", {"schedule": "halve", "verbose": 1}]]),
    "scheduler of epoch": dict(callbacks=[["LearningRateScheduler", {"schedule": "by_epoch", "verbose": 1}]]),
    "scheduler, small rates": dict(callbacks=[["LearningRateScheduler", {"schedule": "tiny", "verbose": 1}]]),
    "scheduler, quiet": dict(callbacks=[["LearningRateScheduler", {"schedule": "halve"}]]),
    "stopping": dict(callbacks=stopping(patience=2)),
    "stopping, restored": dict(callbacks=stopping(patience=3, restore_best_weights=True)),
    "stopping, restored without being stopped": dict(callbacks=stopping(patience=30, restore_best_weights=True)),
    "stopping, baseline": dict(callbacks=stopping(patience=2, baseline=3.5, restore_best_weights=True)),
    "stopping, started late": dict(callbacks=stopping(patience=1, start_from_epoch=3, restore_best_weights=True)),
    "stopping, min_delta": dict(callbacks=stopping(patience=2, min_delta=1.5)),
    "stopping, NaN": dict(callbacks=stopping(patience=2, restore_best_weights=True), scores=[NAN, 2.0, 3.0, NAN, 1.0, 1.0, 1.0, 1.0]),
    "stopping, max": dict(callbacks=stopping(patience=2, mode="max")),
    "NaN": dict(callbacks=[["TerminateOnNaN", {}]], nan_at=13),
    "NaN raised": dict(callbacks=[["TerminateOnNaN", {"raise_error": True}]], nan_at=13),
    "no NaN": dict(callbacks=[["TerminateOnNaN", {}]]),
    "averages swapped in": dict(callbacks=[["SwapEMAWeights", {}]], optimizer=dict(use_ema=True, ema_momentum=0.9), validation=True, epochs=3),
    "averages swapped in at epochs": dict(callbacks=[["SwapEMAWeights", {"swap_on_epoch": True}]], optimizer=dict(use_ema=True, ema_momentum=0.9), epochs=3),
    "averages swapped in at both": dict(callbacks=[["SwapEMAWeights", {"swap_on_epoch": True}]], optimizer=dict(use_ema=True, ema_momentum=0.9), validation=True, epochs=3),
    "averages missing": dict(callbacks=[["SwapEMAWeights", {}]], validation=True),
    "checkpoint": dict(callbacks=checkpoint("{epoch:03d}_{score:.1f}.keras"), epochs=3),
    "checkpoint of the best": dict(callbacks=checkpoint("best.keras", save_best_only=True)),
    "checkpoint above a threshold": dict(callbacks=checkpoint("best_{epoch}.weights.h5", save_best_only=True, save_weights_only=True, initial_value_threshold=4.2)),
    "checkpoint, max": dict(callbacks=checkpoint("{epoch}.weights.h5", save_best_only=True, save_weights_only=True, mode="max")),
    "checkpoint every 3 batches": dict(callbacks=checkpoint("{epoch}_{batch:02d}.weights.h5", save_weights_only=True, save_freq=3), epochs=3),
    "checkpoint every 3 batches, 2 together": dict(callbacks=checkpoint("{epoch}_{batch:02d}.weights.h5", save_weights_only=True, save_freq=3), epochs=3, together=2),
    "checkpoint every 100 batches": dict(callbacks=checkpoint("{epoch}.weights.h5", save_weights_only=True, save_freq=100), epochs=3),
}  # fmt: skip


class Scores(keras.callbacks.Callback):
    def __init__(self, scores):
        super().__init__()
        self.scores = scores

    def on_epoch_end(self, epoch, logs=None):
        logs["score"] = self.scores[epoch]


def make(class_name, config, folder):
    config = {key: value.replace("FOLDER", folder) if isinstance(value, str) else value for key, value in config.items()}
    if "schedule" in config:
        config["schedule"] = SCHEDULES[config["schedule"]]
    return getattr(keras.callbacks, class_name)(**config)


def line():
    fresh()
    model = keras.Sequential([layers.Input((2,)), layers.Dense(1)])
    model.set_weights([np.full((2, 1), 0.25, np.float32), np.zeros(1, np.float32)])
    return model


def backup(x, y):
    kept = ROOT / "callbacks" / "backup"
    shutil.rmtree(kept, ignore_errors=True)
    with tempfile.TemporaryDirectory() as folder:
        for epochs in (2, 5):
            model = line()
            model.compile(keras.optimizers.SGD(0.05, momentum=0.9), "mse")
            callback = keras.callbacks.BackupAndRestore(folder + "/backup", delete_checkpoint=False)
            history = model.fit(x, y, batch_size=4, epochs=epochs, shuffle=False, verbose=0, callbacks=[callback])
            if not kept.exists():
                shutil.copytree(folder + "/backup", kept)
    return {"epoch": history.epoch, "history": plain(history.history), "weights": [w.reshape(-1).tolist() for w in model.get_weights()]}


def run(x, y, case):
    model = line()
    model.compile(keras.optimizers.SGD(0.1, **case.get("optimizer", {})), "mse", steps_per_execution=case.get("together", 1))
    x = x.copy()
    if "nan_at" in case:
        x[case["nan_at"]] = NAN
    out = {}
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()) as text:
        callbacks = [Scores(case["scores"])] + [make(class_name, config, folder) for class_name, config in case["callbacks"]]
        more = {"validation_data": (x, y)} if case.get("validation") else {}
        try:
            history = model.fit(x, y, batch_size=4, epochs=case["epochs"], shuffle=False, verbose=0, callbacks=callbacks, **more)
            out["history"] = plain({key: values for key, values in history.history.items() if key != "score"})
        except (ValueError, RuntimeError) as e:
            out["error"] = f"{type(e).__name__}: {e}"
        out["files"] = sorted(path.name for path in pathlib.Path(folder).iterdir())
        out["text"] = text.getvalue().replace(folder, "FOLDER")
    out["weights"] = [w.reshape(-1).tolist() for w in model.get_weights()]
    out["learning_rate"] = float(model.optimizer.learning_rate)
    return out


def jsonable(value):
    """JSON has no NaN: a null stands for it."""
    if isinstance(value, dict):
        return {k: jsonable(v) for k, v in value.items()}
    if isinstance(value, list):
        return [jsonable(v) for v in value]
    return None if isinstance(value, float) and value != value else value


def main():
    draw = generator("callbacks")
    x = draw.normal(size=(20, 2)).astype(np.float32)
    y = (x.sum(-1, keepdims=True) + 0.3).astype(np.float32)
    cases = []
    for name, case in CASES.items():
        case = {"scores": SCORES, "epochs": 8} | case
        cases.append({"name": name} | case | run(x, y, case))
    write_json(ROOT / "callbacks" / "callbacks.json", jsonable({"x": x.tolist(), "y": y.tolist(), "cases": cases, "backup": backup(x, y)}))
    return [{"name": "callbacks.json", "what": __doc__.splitlines()[0]}, {"name": "backup", "what": __doc__.splitlines()[5]}]
