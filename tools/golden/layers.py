"""Golden files of Keras's parts: python layers.py [GROUP...]  ->  tests/data/golden/layers/GROUP.npz."""

import keras_env  # isort: skip
import json
import re
import sys

import keras

from keras_cases import activation, constraint, initializer, layer, loss, metric, optimizer, regularizer
from store import ROOT, Store

GROUPS = {"layers": layer, "activations": activation, "initializers": initializer, "regularizers": regularizer, "constraints": constraint, "losses": loss,
          "metrics": metric, "optimizers": optimizer}  # fmt: skip

if __name__ == "__main__":
    for name in sys.argv[1:] or GROUPS:
        keras_env.fresh()
        store = Store()
        entries = GROUPS[name].main(store)
        text = keras_env.renumber(json.dumps(keras.saving.serialize_keras_object(entries)))
        store.save(ROOT / "layers" / f"{name}.npz", {"keras": keras.__version__, "cases": json.loads(text)})
        print(f"{name}: {len(entries)} cases", file=sys.stderr)
