"""Golden models: python models.py [GROUP...]  ->  tests/data/golden/GROUP/ with an index.json each."""

import keras_env  # isort: skip
import sys

import architectures
import callbacks
import text
import training
import turns
from store import ROOT, write_json

GROUPS = {"training": lambda: training.main() + turns.main(), "architectures": architectures.main, "text": text.main, "callbacks": callbacks.main}

if __name__ == "__main__":
    for group in sys.argv[1:] or GROUPS:
        write_json(ROOT / group / "index.json", GROUPS[group]())
