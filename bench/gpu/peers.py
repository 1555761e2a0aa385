#!/usr/bin/env python3
"""The peers on a GPU: bench/gpu/peers.py [--out FILE] [--seconds 400] [--only PART,...]. PyTorch, JAX and, where it is installed, Keras.

Runs the scripts of bench/peers one after another with this Python, on the work that bench/run.py runs on the CPU, and ResNet-50. Writes what
they print, with the GPU's name and the versions. What does not fit into the seconds is left out, and named.
"""

import argparse
import datetime
import json
import os
import pathlib
import subprocess
import sys
import time
from importlib import metadata

BENCH = pathlib.Path(__file__).resolve().parents[1]
VERSIONS = (
    "torch", "torchvision", "triton", "jax", "jaxlib", "jax-cuda13-plugin", "keras", "nvidia-cublas", "nvidia-cudnn-cu13", "nvidia-cuda-nvrtc",
)  # fmt: skip
KERAS = {"CUDA_VISIBLE_DEVICES": "0", "XLA_PYTHON_CLIENT_PREALLOCATE": "false"}
SHOWN = ("KERAS_BACKEND", "XLA_FLAGS")
WHILE = {"XLA_FLAGS": "--xla_gpu_enable_command_buffer=FUSION,CUBLAS,CUBLASLT,CUSTOM_CALL,CUDNN,WHILE"}

# (limit in seconds, script and arguments, environment), what matters most first
PLAN = [
    *((60, ["torch_bench.py", "mlp", *mode, "--device", "cuda"], {}) for mode in (["eager"], ["graph"], ["graph", "--steps", "25"])),
    *((60, ["torch_bench.py", "cnn", *mode, "--device", "cuda"], {}) for mode in (["eager"], ["graph"])),
    *((60, ["jax_scan.py", "mlp", "--device", "cuda", *unroll], {}) for unroll in ([], ["--unroll", "25"])),
    *((60, ["jax_scan.py", "cnn", "--device", "cuda", *unroll], {}) for unroll in ([], ["--unroll", "8"])),
    (60, ["jax_scan.py", "mlp", "--device", "cuda"], WHILE),
    *((90, ["keras_bench.py", workload], KERAS | {"KERAS_BACKEND": "jax"}) for workload in ("mlp", "cnn")),
    (60, ["torch_resnet50.py", "--batch", "64", "--dtype", "fp32"], {}),
    (60, ["torch_resnet50.py"], {}),
    (110, ["torch_resnet50.py", "--compile"], {}),
    *((90, ["torch_bench.py", w, mode, "--device", "cuda"], {}) for mode in ("compile-graph", "compile") for w in ("cnn", "mlp")),
    (60, ["keras_bench.py", "mlp"], KERAS | {"KERAS_BACKEND": "torch"}),
]


def run(limit, arguments, environment):
    """The figures that a script prints; a string that says why there are none."""
    settings = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"} | environment
    command = [sys.executable, str(BENCH / "peers" / arguments[0]), *arguments[1:]]
    try:
        done = subprocess.run(command, env=settings, capture_output=True, text=True, timeout=limit)
    except subprocess.TimeoutExpired:
        return f"took more than {limit:.0f} s"
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode or not lines:
        sys.stderr.write(done.stderr[-2000:])
        return f"exit {done.returncode}: {(done.stderr.strip().splitlines() or ['no message'])[-1]}"
    return lines[-1]


def installed(package):
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def gpu():
    query = ["nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader"]
    return dict(zip(("gpu", "driver"), subprocess.run(query, capture_output=True, text=True).stdout.strip().split(", ")))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=pathlib.Path, default=BENCH / "results" / "gpu-peers.json")
    parser.add_argument("--seconds", type=float, default=400, help="for everything")
    parser.add_argument("--only", default="", help="commands that contain one of these, in the order given; what FILE says of others stays")
    chosen = parser.parse_args()
    end = time.monotonic() + chosen.seconds
    earlier = json.loads(chosen.out.read_text()) if chosen.only and chosen.out.exists() else {"left_out": {}, "results": []}
    versions = {name: version for name in VERSIONS if (version := installed(name))}
    document = {"date": datetime.date.today().isoformat(), **gpu(), "versions": versions, "command": "bench/gpu/peers.py"} | earlier
    named = [(" ".join([*(f"{k}={v}" for k, v in step[2].items() if k in SHOWN), *step[1]]), *step) for step in PLAN]
    for title, limit, arguments, environment in [step for part in chosen.only.split(",") for step in named if part in step[0]]:
        begin = time.monotonic()
        result = run(min(limit, end - begin), arguments, environment) if end - begin > 10 else "no time left"
        took = time.monotonic() - begin
        document["results"] = [line for line in document["results"] if line["command"] != title]
        document["left_out"].pop(title, None)
        if isinstance(result, str):
            document["left_out"][title] = result
        else:
            document["results"].append({"command": title, **result, "whole_s": round(took, 1)})
        print(f"{took:5.1f} s  {title}: {result}", flush=True)
        chosen.out.write_text(json.dumps(document, indent=1) + "\n")
    for line in document["results"]:
        print(f"{line['step_us']:10} us, best {line['step_us_best']:10}  {line['command']}")


if __name__ == "__main__":
    main()
