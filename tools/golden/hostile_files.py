"""Models that no one should trust  ->  tests/data/hostile: python hostile_files.py. Each is tests/data/io/model.keras but for one thing."""

import gzip
import io
import json
import pathlib
import zipfile

import h5py

DATA = pathlib.Path(__file__).resolve().parents[2] / "tests" / "data"
OUT = DATA / "hostile"
CONFIG, WEIGHTS = "config.json", "model.weights.h5"
DATE = (1980, 1, 1, 0, 0, 0)

with zipfile.ZipFile(DATA / "io" / "model.keras") as archive:
    GOOD = {name: archive.read(name) for name in archive.namelist()}


def archive_of(members, compression=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression, compresslevel=9) as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name, DATE)
            info.compress_type = compression
            archive.writestr(info, content)
    return out.getvalue()


def keras_file(name, **changes):
    """The good members, some replaced or, with None, left out."""
    members = GOOD | {{"config": CONFIG, "weights": WEIGHTS}[key]: value for key, value in changes.items()}
    (OUT / f"{name}.keras").write_bytes(archive_of({k: v for k, v in members.items() if v is not None}))


def weights_with(change):
    out = io.BytesIO(GOOD[WEIGHTS])
    with h5py.File(out, "r+") as f:
        change(f)
    return out.getvalue()


def relinked(link):
    def change(f):
        del f["layers/dense/vars/0"]
        f["layers/dense/vars/0"] = link

    return weights_with(change)


def loop(f):
    f["one"], f["two"] = h5py.SoftLink("/two"), h5py.SoftLink("/one")
    del f["layers/dense/vars"]
    f["layers/dense/vars"] = h5py.SoftLink("/one")


def python_call():
    layer = {"class_name": "TFOpLambda", "config": {"name": "tf.nn.relu", "function": "nn.relu"}, "name": "tf.nn.relu", "inbound_nodes": [["x", 0, 0, {}]]}
    entry = {"class_name": "InputLayer", "config": {"batch_input_shape": [None, 3], "name": "x"}, "name": "x", "inbound_nodes": []}
    config = {"name": "model", "layers": [entry, layer], "input_layers": [["x", 0, 0]], "output_layers": [["tf.nn.relu", 0, 0]]}
    with h5py.File(OUT / "python_call.h5", "w") as f:
        f.attrs["model_config"] = json.dumps({"class_name": "Functional", "config": config})
        f.create_group("model_weights")


def main():
    OUT.mkdir(exist_ok=True)
    keras_file("no_config", config=None)
    keras_file("no_weights", weights=None)
    keras_file("broken", config=GOOD[CONFIG][:-40])
    keras_file("deep", config=b"[" * 200_000 + b"]" * 200_000)
    keras_file("external", weights=relinked(h5py.ExternalLink("/etc/passwd", "/x")))
    keras_file("loop", weights=weights_with(loop))
    keras_file("other_shape", config=GOOD[CONFIG].replace(b'"units": 3', b'"units": 5'))
    keras_file("enormous", config=GOOD[CONFIG].replace(b'"units": 3', b'"units": 100000000000'))
    for name, member in {"upwards": "../config.json", "absolute": "/etc/config.json"}.items():
        (OUT / f"{name}.keras").write_bytes(archive_of(GOOD | {member: b"{}"}))
    bomb = archive_of(GOOD | {CONFIG: b" " * (1 << 30)})
    (OUT / "bomb.keras.gz").write_bytes(gzip.compress(gzip.compress(bomb, 9, mtime=0), 9, mtime=0))
    python_call()


if __name__ == "__main__":
    main()
