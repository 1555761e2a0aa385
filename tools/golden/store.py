"""Packs arrays and their description into one deterministic .npz.

All arrays of a file lie one after the other in a flat pool for each dtype; `meta` is UTF-8 JSON (a uint8 array) in which an
array is `{"dtype": "float32", "shape": [2, 3], "offset": 40}`, offset counted in elements. bfloat16 is stored as its bits
(pool "bfloat16", uint16). README.md beside this file describes the whole format.
"""

import io
import json
import pathlib
import zipfile
import zlib

import ml_dtypes
import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2] / "tests" / "data" / "golden"
EPOCH = (1980, 1, 1, 0, 0, 0)  # zip's first date: the same bytes whenever the file is written


def dtype_name(array):
    return "bool" if array.dtype == np.bool_ else array.dtype.name


def generator(key):
    """A random generator that depends on the case's own name only: adding a case leaves the others' numbers as they are."""
    return np.random.default_rng(zlib.crc32(key.encode()))


def write_zip(path, members):
    """Writes {name: bytes} as a zip whose bytes depend on nothing but its contents."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name, EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content, compresslevel=9)


def npy_bytes(array):
    out = io.BytesIO()
    np.lib.format.write_array(out, np.asarray(array, order="C"), version=(1, 0), allow_pickle=False)
    return out.getvalue()


def write_npz(path, arrays):
    """np.savez_compressed with fixed time stamps."""
    write_zip(pathlib.Path(path), {name + ".npy": npy_bytes(array) for name, array in arrays.items()})


def write_json(path, value):
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=1, sort_keys=True) + "\n")


class Store:
    """Collects arrays into pools; equal arrays are kept once."""

    def __init__(self):
        self._parts = {}
        self._sizes = {}
        self._known = {}

    def put(self, array):
        array = np.asarray(array)
        dtype = dtype_name(array)
        key = (dtype, array.shape, array.tobytes())
        if key not in self._known:
            offset = self._sizes.get(dtype, 0)
            bits = array.view(np.uint16) if array.dtype == ml_dtypes.bfloat16 else array
            self._parts.setdefault(dtype, []).append(bits.reshape(-1))
            self._sizes[dtype] = offset + array.size
            self._known[key] = {"dtype": dtype, "shape": list(array.shape), "offset": offset}
        return dict(self._known[key])

    def save(self, path, meta):
        text = json.dumps(meta, separators=(",", ":"), allow_nan=False).encode()
        arrays = {"meta": np.frombuffer(text, np.uint8)}
        arrays |= {dtype: np.concatenate(self._parts[dtype]) for dtype in sorted(self._parts)}
        write_npz(path, arrays)


def unpack(path):
    """The `meta` of a pooled file with its arrays in place."""
    with np.load(path) as data:
        pools = {name: data[name] for name in data.files}
    pools.setdefault("bfloat16", np.empty(0, np.uint16))

    def fill(value):
        if isinstance(value, list):
            return [fill(v) for v in value]
        if not isinstance(value, dict):
            return value
        if not {"dtype", "shape", "offset"} <= value.keys():
            return {k: fill(v) for k, v in value.items()}
        flat = pools[value["dtype"]][value["offset"] :][: int(np.prod(value["shape"], dtype=int))]
        return (flat.view(ml_dtypes.bfloat16) if value["dtype"] == "bfloat16" else flat).reshape(value["shape"])

    return fill(json.loads(bytes(pools["meta"])))
