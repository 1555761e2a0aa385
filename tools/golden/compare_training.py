"""Trains the goldens on through the command line and compares with real Keras: python compare_training.py [--cornu PROGRAM] [CASE...].

For each case of tests/data/golden/training: `cornu train start.keras --no-shuffle ...`, then real Keras loads what was written.
Prints the deviations; exit 1 when one is over its tolerance.
"""

import keras_env  # isort: skip
import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile

import numpy as np

from check_file import check
from store import ROOT, unpack

LOSS, WEIGHTS, OPTIMIZER = 5e-4, 3e-4, 3e-3  # the last two relative to the array's largest magnitude


def command(program, folder, fit, out, history):
    words = [program, "train", folder / "start.keras", "--x", folder / "x.npz", "--y", folder / "y.npz", "--no-shuffle", "--verbose", 0,
             "--epochs", fit["epochs"], "--batch-size", fit["batch_size"], "--output", out, "--history", history]  # fmt: skip
    if "validation_split" in fit:
        words += ["--validation-split", fit["validation_split"]]
    if "class_weight" in fit:
        words += ["--class-weight", json.dumps(fit["class_weight"])]
    if (folder / "sample_weight.npz").exists():
        words += ["--sample-weight", folder / "sample_weight.npz"]
    return [str(word) for word in words]


def paths(variables):
    """A variable without a name (Nadam's product) has a number, of all such that the process has made."""
    return [re.sub(r"^variable(_\d+)?$", "variable", v["path"]) for v in variables]


def deviation(found, expected):
    """The worst of the arrays, and its path."""
    if paths(found) != paths(expected):
        return np.inf, "other variables: " + ", ".join(v["path"] for v in found)
    worst = (0.0, "")
    for got, wanted in zip(found, expected):
        exact = np.asarray(wanted["value"], np.float64)
        error = np.abs(np.asarray(got["value"], np.float64) - exact).max(initial=0) / max(np.abs(exact).max(initial=0), 1e-12)
        worst = max(worst, (float(error), wanted["path"]))
    return worst


def compare(program, name, folder):
    expected = unpack(folder / "expected.npz")
    with tempfile.TemporaryDirectory() as scratch:
        out, history = pathlib.Path(scratch) / "out.keras", pathlib.Path(scratch) / "history.json"
        run = subprocess.run(command(program, folder, expected["fit"], out, history), capture_output=True, text=True)
        if run.returncode:
            print(f"{name:20} exit {run.returncode}: {run.stderr.strip()}")
            return False
        curve = json.loads(history.read_text())
        found = check(out)
    missing = set(expected["history"]) ^ set(curve)
    loss = max(np.abs(np.subtract(curve[k], expected["history"][k])).max() for k in curve if k.endswith("loss") and k not in missing)
    weights, weight = deviation(found["weights"], expected["weights"])
    optimizer, moment = deviation(found["optimizer"], expected["optimizer"])
    good = not missing and loss <= LOSS and weights <= WEIGHTS and optimizer <= OPTIMIZER
    print(f"{name:20} loss {loss:.1e} ({LOSS:.0e})  weights {weights:.1e} ({WEIGHTS:.0e}) {weight}  optimizer {optimizer:.1e} ({OPTIMIZER:.0e}) {moment}"
          f"{'  history differs in ' + str(sorted(missing)) if missing else ''}  {'ok' if good else 'WRONG'}")  # fmt: skip
    return good


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cases", nargs="*")
    parser.add_argument("--cornu", default=str(ROOT.parents[2] / "build" / "release" / "cornu"))
    chosen = parser.parse_args()
    index = json.loads((ROOT / "training" / "index.json").read_text())
    names = chosen.cases or [case["name"] for case in index if not case.get("turns")]
    results = [compare(chosen.cornu, name, ROOT / "training" / name) for name in names]
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
