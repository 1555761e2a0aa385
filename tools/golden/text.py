"""The progress bar's text, with a scripted clock; what `history` holds.

text/progbar.json: for each case the constructor's arguments, [time, current, values, finalize] for each update, and what was printed.
text/fit.json: everything that fit, evaluate and predict print when each look at the clock takes 20 ms, and the history.
"""

import keras_env  # isort: skip
import io
import sys

import keras
import numpy as np
from keras import layers
from keras.src.utils import progbar as progbar_module

from keras_env import fresh, plain
from store import ROOT, generator, write_json


class Clock:
    """Stands in for the module `time`."""

    def __init__(self, step=0.0):
        self.now, self.step = 1000.0, step

    def time(self):
        self.now += self.step
        return self.now


class Terminal(io.StringIO):
    def __init__(self, tty):
        super().__init__()
        self.tty = tty

    def isatty(self):
        return self.tty


def captured(tty, clock, work):
    out, before = Terminal(tty), (sys.stdout, progbar_module.time)
    sys.stdout, progbar_module.time = out, clock
    posix = sys.modules.pop("posix")  # Keras takes any posix system for a terminal once this module is loaded
    try:
        result = work()
    finally:
        (sys.stdout, progbar_module.time), sys.modules["posix"] = before, posix
    return out.getvalue(), result


UPDATES = {
    "ten steps": (dict(target=10), [[0.01 + 0.06 * i, i, [["loss", 2.0 / i], ["accuracy", 0.1 * i]], None] for i in range(1, 11)]),
    "too fast to draw": (dict(target=5), [[0.01 * i, i, [["loss", 1.0 / i]], None] for i in range(1, 6)]),
    "unknown target": (dict(target=None), [[0.1 * i, i, [["loss", 0.5]], False] for i in range(1, 4)] + [[0.5, 3, [["loss", 0.5]], True]]),
    "small and large values": (dict(target=3), [[0.1, 1, [["loss", 1e-5], ["big", 123456.789]], None], [0.2, 2, [["loss", -3e-4], ["big", 1e9]], None], [0.3, 3, [["loss", 0.0], ["big", -2.0]], None]]),
    "averages": (dict(target=3, stateful_metrics=["b"]), [[0.1, 1, [["a", 1.0], ["b", 1.0]], None], [0.2, 2, [["a", 2.0], ["b", 2.0]], None], [0.3, 3, [["a", 6.0], ["b", 6.0]], None]]),
    "slow": (dict(target=1000), [[3.0, 1, [["loss", 1.0]], None], [103.0, 2, [["loss", 1.0]], None], [203.0, 500, [["loss", 1.0]], None], [5203.0, 1000, [["loss", 1.0]], None]]),
    "hours": (dict(target=100000), [[1.0, 1, [], None], [2.0, 2, [], None], [5.0, 60000, [], None]]),
    "microseconds": (dict(target=100000), [[0.1, 1, [], None], [0.2, 50000, [], None], [0.3, 100000, [], None]]),
    "line grows shorter": (dict(target=4), [[0.1, 1, [["loss", 123456.0]], None], [0.2, 2, [["loss", 1.0]], None], [0.3, 4, [["loss", 1.0]], None]]),
    "verbose 2": (dict(target=4, verbose=2), [[0.1 * i, i, [["loss", 1.0 / i], ["tiny", 1e-6]], None] for i in range(1, 5)]),
    "narrow": (dict(target=7, width=5, unit_name="sample"), [[0.1 * i, i, [], None] for i in range(1, 8)]),
}  # fmt: skip


def progbars():
    out = []
    for name, (arguments, updates) in UPDATES.items():
        for tty in (False, True):
            clock = Clock()

            def work():
                bar = keras.utils.Progbar(**arguments)
                for time, current, values, finalize in updates:
                    clock.now = 1000.0 + time
                    bar.update(current, [tuple(v) for v in values], finalize)

            text, _ = captured(tty, clock, work)
            out.append({"name": name, "tty": tty, "arguments": arguments, "updates": updates, "text": text})
    return out


class InOrder(keras.callbacks.Callback):
    """Wants every batch, so Keras draws the bar in this thread, in order, and not from a pool."""

    def on_train_batch_end(self, batch, logs=None):
        pass

    on_test_batch_end = on_predict_batch_end = on_train_batch_end


def fits():
    draw = generator("text/fit")
    x, y = draw.normal(size=(100, 4)).astype(np.float32), draw.integers(0, 2, (100, 1)).astype(np.float32)
    calls = {
        "two epochs": lambda m, v: m.fit(x, y, batch_size=32, epochs=2, verbose=v, shuffle=False, callbacks=[InOrder()]),
        "one epoch": lambda m, v: m.fit(x, y, batch_size=50, epochs=1, verbose=v, shuffle=False, callbacks=[InOrder()]),
        "validation": lambda m, v: m.fit(x, y, batch_size=32, epochs=2, verbose=v, shuffle=False, callbacks=[InOrder()], validation_split=0.2),
        "from epoch 2 of 4": lambda m, v: m.fit(x, y, batch_size=32, initial_epoch=2, epochs=4, verbose=v, shuffle=False, callbacks=[InOrder()], validation_data=(x, y), validation_freq=2),
        "steps": lambda m, v: m.fit(x, y, batch_size=10, steps_per_epoch=3, epochs=3, verbose=v, shuffle=False, callbacks=[InOrder()]),
        "evaluate": lambda m, v: m.evaluate(x, y, batch_size=32, verbose=v, callbacks=[InOrder()]),
        "predict": lambda m, v: m.predict(x, batch_size=32, verbose=v, callbacks=[InOrder()]),
    }
    out = []
    for name, work in calls.items():
        for verbose in (1, 2) if name != "predict" else (1,):
            for tty in (False, True) if verbose == 1 else (False,):
                fresh()
                model = keras.Sequential([layers.Input((4,)), layers.Dense(1, activation="sigmoid")])
                model.set_weights([np.full((4, 1), 0.25, np.float32), np.zeros(1, np.float32)])
                model.compile(keras.optimizers.SGD(0.1), "binary_crossentropy", metrics=["accuracy"])
                text, result = captured(tty, Clock(0.02), lambda: work(model, verbose))
                entry = {"name": name, "verbose": verbose, "tty": tty, "text": text}
                if isinstance(result, keras.callbacks.History):
                    entry |= {"history": plain(result.history), "epoch": list(result.epoch), "params": result.params}
                elif name == "evaluate":
                    entry["result"] = plain(result)
                out.append(entry)
    return {"x": x.tolist(), "y": y.tolist(), "cases": out}


def main():
    write_json(ROOT / "text" / "progbar.json", progbars())
    write_json(ROOT / "text" / "fit.json", fits())
    return [{"name": "progbar.json", "what": __doc__.splitlines()[2]}, {"name": "fit.json", "what": __doc__.splitlines()[3]}]
