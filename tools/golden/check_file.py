"""What real Keras makes of a file: python check_file.py MODEL.keras [--x F] [--y F] [--batch-size 32]  ->  one JSON object on stdout.

{"evaluate": {...}, "predictions": nest, "weights": [{"path", "value"}], "optimizer": [{"path", "value"}]}. Data are .npy or .npz
(one array, or arrays named by the model's dict keys, or "0", "1", ... for lists).
"""

import keras_env  # isort: skip
import argparse
import json

import keras
import numpy as np

from keras_env import plain


def read(path):
    """An array, a dict of arrays, or a list of arrays."""
    data = np.load(path)
    if isinstance(data, np.ndarray):
        return data
    names = sorted(data.files)
    if all(name.isdigit() for name in names):
        arrays = [data[str(i)] for i in range(len(names))]
        return arrays[0] if len(arrays) == 1 else arrays
    return data[names[0]] if len(names) == 1 else {name: data[name] for name in names}


def listed(variables):
    return [{"path": v.path, "value": keras.ops.convert_to_numpy(v).tolist()} for v in variables]


def check(model_file, x=None, y=None, batch_size=32):
    model = keras.saving.load_model(model_file)
    out = {"weights": listed(model.weights), "optimizer": listed(model.optimizer.variables) if getattr(model, "optimizer", None) else []}
    if x is not None:
        predictions = model.predict(read(x), batch_size=batch_size, verbose=0)
        out["predictions"] = keras.tree.map_structure(lambda p: p.tolist(), predictions)
    if y is not None:
        out["evaluate"] = plain(model.evaluate(read(x), read(y), batch_size=batch_size, verbose=0, return_dict=True))
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("--x")
    parser.add_argument("--y")
    parser.add_argument("--batch-size", type=int, default=32)
    chosen = parser.parse_args()
    print(json.dumps(check(chosen.model, chosen.x, chosen.y, chosen.batch_size)))


if __name__ == "__main__":
    main()
