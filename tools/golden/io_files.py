"""Writes tests/data/io/: small files made by NumPy, h5py and Keras themselves, which Cornu's readers must understand.

Every dataset's values follow one rule, so that the tests need no second copy of them: element i of dataset `name` is
(i * 7 + len(name)) % 50, cast to the dtype; bool is that modulo 2.
"""

import gzip
import os
import pathlib
import struct
import sys

os.environ["KERAS_BACKEND"] = "jax"
import h5py
import ml_dtypes
import numpy as np

OUT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "tests/data/io")
DTYPES = ["float32", "float64", "float16", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "bool"]


def values(name, shape, dtype):
    flat = (np.arange(int(np.prod(shape))) * 7 + len(name)) % 50
    if dtype == "bool":
        flat = flat % 2
    if dtype == "bfloat16":
        dtype = ml_dtypes.bfloat16
    return flat.reshape(shape).astype(dtype)


def numpy_files():
    for dtype in DTYPES + ["bfloat16"]:
        np.save(OUT / f"{dtype}.npy", values(dtype, (3, 4), dtype))
    np.save(OUT / "big_endian.npy", values("big_endian", (3, 4), ">f4"))
    np.save(OUT / "fortran.npy", np.asfortranarray(values("fortran", (2, 3, 4), "int32")))
    np.save(OUT / "scalar.npy", values("scalar", (), "float64"))
    np.save(OUT / "empty.npy", values("empty", (0, 3), "float32"))
    np.save(OUT / "object.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    np.save(OUT / "text.npy", np.array(["ab", "cd"]))
    np.save(OUT / "complex.npy", np.zeros(2, "complex64"))
    np.save(OUT / "structured.npy", np.zeros(2, [("a", "<f4"), ("b", "<i4")]))
    for version in ((2, 0), (3, 0)):
        with open(OUT / f"version{version[0]}.npy", "wb") as f:
            np.lib.format.write_array(f, values("version", (5,), "int16"), version=version)
    arrays = {"x": values("x", (2, 3), "float32"), "labels": values("labels", (4,), "int64")}
    np.savez(OUT / "stored.npz", **arrays)
    np.savez_compressed(OUT / "deflated.npz", **arrays)
    np.savez(OUT / "unnamed.npz", *arrays.values())


def idx_files():
    data = struct.pack(">BBBB3I", 0, 0, 8, 3, 2, 3, 4) + values("idx", (2, 3, 4), "uint8").tobytes()
    (OUT / "images.idx3-ubyte").write_bytes(data)
    (OUT / "images.idx3-ubyte.gz").write_bytes(gzip.compress(data, mtime=0))
    data = struct.pack(">BBBBI", 0, 0, 13, 1, 6) + values("idx", (6,), ">f4").tobytes()
    (OUT / "floats.idx").write_bytes(data)


def csv_files():
    rows = values("csv", (6, 4), "float32") / 8
    header = "height,width,depth,label"
    np.savetxt(OUT / "table.csv", rows, delimiter=",", header=header, comments="", fmt="%g")


def h5_datasets(group):
    for dtype in DTYPES:
        group.create_dataset(dtype, data=values(dtype, (3, 4), dtype))
    bfloat16 = group.create_dataset("bfloat16", data=values("bfloat16", (3, 4), "bfloat16"))
    bfloat16.attrs["dtype"] = "bfloat16"
    for order in ("float32", "float16", "int64", "uint16"):
        name = f"big_{order}"
        group.create_dataset(name, data=values(name, (3, 4), np.dtype(order).newbyteorder(">")))
    group.create_dataset("scalar", data=values("scalar", (), "float32"))
    group.create_dataset("empty", data=values("empty", (0, 4), "float32"))
    group.create_dataset("chunked", data=values("chunked", (7, 10), "float32"), chunks=(3, 4))
    group.create_dataset("shuffled", data=values("shuffled", (7, 10), "int32"), chunks=(3, 4), compression="gzip", shuffle=True)
    group.create_dataset("checked", data=values("checked", (20,), "int16"), chunks=(6,), fletcher32=True, compression="gzip")
    group.create_dataset("one_chunk", data=values("one_chunk", (4, 4), "float64"), chunks=(4, 4), compression="gzip")
    group.create_dataset("many_chunks", data=values("many_chunks", (60, 50), "uint8"), chunks=(2, 2))
    group.create_dataset("growing", data=values("growing", (40, 5), "int32"), chunks=(3, 5), maxshape=(None, 5))
    group.create_dataset("growing_more", data=values("growing_more", (600, 3), "int16"), chunks=(1, 3), maxshape=(None, 3))
    group.create_dataset("growing_inner", data=values("growing_inner", (4, 30), "int32"), chunks=(2, 3), maxshape=(4, None), compression="gzip")
    group.create_dataset("growing_both", data=values("growing_both", (10, 10), "int32"), chunks=(3, 4), maxshape=(None, None))
    group.create_dataset("never_written", shape=(3,), dtype="float32")
    group.create_dataset("complex", data=np.zeros(2, "complex64"))


def h5_attributes(group):
    group.attrs["text"] = "horn \u03ba\u03ad\u03c1\u03b1\u03c2"
    group.attrs["bytes"] = b"jax"
    group.attrs["fixed"] = np.bytes_("fixed")
    group.attrs["names"] = np.array([b"dense/kernel", b"dense/bias", b""])
    group.attrs["texts"] = ["a", "bcd", ""]
    group.attrs["number"] = 42
    group.attrs["rate"] = np.float32(0.5)
    group.attrs["vector"] = np.arange(3, dtype="int32")
    group.attrs["flag"] = np.bool_(True)
    group.attrs["nothing"] = h5py.Empty("f")
    group.attrs["no_names"] = np.array([], dtype="S1")


def h5_files():
    for file, options in {"default": {}, "latest": {"libver": "latest"}, "tracked": {"track_order": True}}.items():
        with h5py.File(OUT / f"{file}.h5", "w", **options) as f:
            h5_datasets(f.create_group("datasets"))
            h5_attributes(f.create_group("attributes"))
            many = f.create_group("layers")
            for i in range(40):
                many.create_dataset(f"layer_{i}/0", data=values(str(i), (2,), "float32"))
            many.attrs["weight_names"] = np.array([f"layer_{i}/0".encode() for i in range(40)])
            for i in range(12):
                many.attrs[f"note_{i}"] = i
            f["soft"] = h5py.SoftLink("/layers")
            f["external"] = h5py.ExternalLink("other.h5", "/x")
            f["hard"] = f["layers"]
            f["layers/cycle"] = f["layers"]


def keras_files():
    import keras

    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(3, activation="relu", name="hidden"), keras.layers.BatchNormalization(), keras.layers.Dense(2)]
    )
    model.compile("adam", "mse")
    model.fit(np.ones((8, 4), "float32"), np.ones((8, 2), "float32"), verbose=0)
    model.save(OUT / "model.keras")
    model.save(OUT / "model.h5")
    model.save_weights(OUT / "model.weights.h5")
    np.savez(OUT / "model_weights.npz", **{str(i): w for i, w in enumerate(model.get_weights())})


OUT.mkdir(parents=True, exist_ok=True)
numpy_files()
idx_files()
csv_files()
h5_files()
keras_files()
