#!/usr/bin/env python3
"""Cornu beside its peers: bench/run.py [--rounds 3] [--name NAME] [--only mlp,cnn] [--cornu PROGRAM]. `make bench` calls it.

Every round runs every engine once, in turn, on the same cores, so that what else the machine does falls on all alike. Medians over
the rounds go to bench/results/NAME.json (`latest` is not kept by git; a result to keep gets a name). Printed are a table of ratios and,
for each target (report.py), whether it is met. A peer that is not installed is named and left out.
The program's part is `cornu bench NAME --json`, which prints the same keys as the peers: workload, engine, step_us, predict1_us, ...
The workload `devices` is the start and end of `cornu devices`.
"""

import argparse
import datetime
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import time

import report

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
PEERS = pathlib.Path(os.environ.get("PEERS", ROOT / ".cache" / "peers"))

MODELS, NETWORKS = ("mlp", "cnn"), ("mobilenet_v2", "resnet50")
LAYERS = ("batch_normalization", "layer_normalization", "depthwise_conv2d", "embedding")
# engine: (virtual environment, {workloads: script}, further arguments, environment)
ENGINES = {
    "keras-tensorflow": ("tf", {MODELS: "keras_bench.py", NETWORKS: "keras_applications.py"}, [], {"KERAS_BACKEND": "tensorflow"}),
    "keras-jax": ("tf", {MODELS: "keras_bench.py", NETWORKS: "keras_applications.py", LAYERS: "layers.py"}, [], {"KERAS_BACKEND": "jax"}),
    "jax-scan": ("tf", {("mlp",): "jax_scan.py"}, [], {}),
    "torch": ("torch", {MODELS: "torch_bench.py", NETWORKS: "torch_applications.py", LAYERS: "layers.py"}, ["eager"], {}),
    "torch-compile": ("torch", {MODELS: "torch_bench.py", NETWORKS: "torch_applications.py", LAYERS: "layers.py"}, ["compile"], {}),
}


def saved(network):
    """The file of a network of keras.applications that real Keras saved, once; None without Keras."""
    path, python = ROOT / ".cache" / "networks" / f"{network}.keras", PEERS / "tf" / "bin" / "python"
    if not path.exists() and python.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run([python, HERE / "peers" / "keras_applications.py", network, "--save", path], check=True, capture_output=True)
    return path if path.exists() else None


def commands(program, chosen, skipped):
    """(workload, engine, command, environment), Cornu first."""
    out = []
    for workload in chosen:
        if program.exists():
            verb = ["devices"] if workload == "devices" else ["bench", workload, "--json"]
            if workload in NETWORKS and (path := saved(workload)):
                verb[1] = str(path)
            out.append((workload, "cornu", [str(program), *verb], {}))
        else:
            skipped["cornu"] = "not built: make build"
        for engine, (venv, scripts, arguments, environment) in ENGINES.items():
            python = PEERS / venv / "bin" / "python"
            script = next((script for workloads, script in scripts.items() if workload in workloads), None)
            if not python.exists():
                skipped[engine] = f"not installed: run bench/peers/setup{' torch' if venv == 'torch' else ''}"
            elif script:
                out.append((workload, engine, [str(python), str(HERE / "peers" / script), workload, *arguments], environment))
    return out


def run(command, environment, cpus):
    """The JSON objects that the command prints; a string that says why there are none."""
    pinned = ["taskset", "-c", cpus, *command] if shutil.which("taskset") else command
    threads = str(sum(int(b or a) - int(a) + 1 for a, _, b in (part.partition("-") for part in cpus.split(","))))
    settings = os.environ | {"OMP_NUM_THREADS": threads, "PYTHONDONTWRITEBYTECODE": "1"} | environment
    try:
        done = subprocess.run(pinned, env=settings, capture_output=True, text=True, timeout=300)
    except subprocess.TimeoutExpired:
        return "took more than 300 s"
    if done.returncode:
        return f"exit {done.returncode}: {(done.stderr.strip().splitlines() or ['no message'])[-1]}"
    return parse(done.stdout) or "printed no JSON"


def parse(text):
    """One JSON document (an object or a list of them), or one a line among other lines."""
    try:
        whole = json.loads(text)
        return whole if isinstance(whole, list) else [whole]
    except json.JSONDecodeError:
        return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def start_and_end(command, times=10):
    """The median wall time of a short command, and its most memory."""
    walls, memory = [], 0
    for _ in range(times):
        begin = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, _, usage = os.wait4(process.pid, 0)
        walls.append(time.perf_counter() - begin)
        memory = max(memory, usage.ru_maxrss // 1024)
    return [{"start_s": statistics.median(walls), "rss_mb": memory}]


def measure(plan, rounds, cpus, skipped):
    """{(workload, engine): {figure: [a value a round]}}"""
    found = {}
    for number in range(rounds):
        for workload, engine, command, environment in plan:
            if engine in skipped:
                continue
            print(f"round {number + 1}/{rounds}: {engine} {workload}", file=sys.stderr, flush=True)
            result = start_and_end(command) if workload == "devices" else run(command, environment, cpus)
            if isinstance(result, str):
                skipped[engine] = f"{workload}: {result}"
                continue
            for line in result:
                figures = found.setdefault((workload, engine), {})
                for key, value in line.items():
                    if isinstance(value, (int, float)):
                        figures.setdefault(key, []).append(value)
    return found


def medians_of(found):
    """{(workload, engine): {figure: median}}, with what a program takes beside its data."""
    medians = {key: {figure: statistics.median(values) for figure, values in figures.items()} for key, figures in found.items()}
    for figures in medians.values():
        if "data_mb" in figures:
            figures["beside_data_mb"] = figures["rss_mb"] - figures["data_mb"]
    return medians


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default=",".join(MODELS + NETWORKS + LAYERS + ("optimizers", "load", "devices")), help="workloads")
    parser.add_argument("--engines", help="peers to run, by name; all by default")
    parser.add_argument("--name", default="latest", help="of the results' file")
    parser.add_argument("--cpus", default="0,1", help="the cores that everything runs on")
    parser.add_argument("--cornu", type=pathlib.Path, default=ROOT / "build" / "release" / "cornu")
    chosen = parser.parse_args()
    skipped = {}
    plan = commands(chosen.cornu, chosen.only.split(","), skipped)
    if chosen.engines:
        plan = [step for step in plan if step[1] == "cornu" or step[1] in chosen.engines.split(",")]
    found = measure(plan, chosen.rounds, chosen.cpus, skipped)
    medians = medians_of(found)
    if medians:
        print(report.table(medians, ("cornu", *ENGINES)), report.verdicts(medians), sep="\n\n")
    for engine, reason in skipped.items():
        print(f"left out: {engine} ({reason})")
    results = HERE / "results" / f"{chosen.name}.json"
    results.parent.mkdir(exist_ok=True)
    document = {
        "date": datetime.date.today().isoformat(), "cpus": chosen.cpus, "rounds": chosen.rounds, "left_out": skipped,
        "results": [{"workload": w, "engine": e, "median": medians[w, e], "rounds": found[w, e]} for w, e in medians],
    }  # fmt: skip
    results.write_text(json.dumps(document, indent=1) + "\n")
    shown = results.relative_to(ROOT) if results.is_relative_to(ROOT) else results
    print(f"results: {shown}")
    sys.exit(0 if medians else 1)


if __name__ == "__main__":
    main()
