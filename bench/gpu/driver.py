#!/usr/bin/env python3
"""What NVIDIA's driver says and what its calls cost: bench/gpu/driver.py [--out FILE] [--only SECTION,...].

Needs the driver, and for the sections that run kernels an NVRTC (a package of pip, or a toolkit). With a C compiler calls are timed from C, so
that ctypes costs nothing; else from Python. Times are medians. A section that fails says why, and the others go on.
"""

import argparse
import datetime
import json
import pathlib
import time

from calls import cu
from graphs import graphs, graph_changes, graph_loop
from launching import launches, round_trips, events, barriers
from libraries import nvrtc, libraries
from machine import machine, visibility, start, management, device, context, probe
from memory import copies, allocations

SECTIONS = (
    machine, visibility, start, management, device, context, nvrtc, launches, round_trips, graphs, graph_changes, events, copies, allocations,
    libraries, barriers, graph_loop,
)  # fmt: skip


def flat(value, name=""):
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from flat(inner, f"{name} {key}".strip())
    else:
        yield name, value


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parents[1] / "results" / "gpu-driver.json")
    parser.add_argument("--only", help="sections, by name; the others stay as FILE has them")
    parser.add_argument("--probe", action="store_true", help="print what cuInit answers, and end")
    chosen = parser.parse_args()
    if chosen.probe:
        return print(json.dumps(probe()))
    document = json.loads(chosen.out.read_text()) if chosen.only and chosen.out.exists() else {}
    document |= {"date": datetime.date.today().isoformat(), "command": "bench/gpu/driver.py"}
    for section in SECTIONS:
        if chosen.only and section.__name__ not in chosen.only.split(","):
            continue
        begin = time.perf_counter()
        try:
            if section not in (machine, visibility, start):
                cu("cuInit", 0)
            found = section()
        except Exception as error:  # whatever one section meets, the others still say what they found
            found = {"error": f"{type(error).__name__}: {error}"}
        document[section.__name__] = found
        print(f"-- {section.__name__} ({time.perf_counter() - begin:.1f} s)")
        for key, value in flat(found):
            print(f"{key:60} {value}", flush=True)
        chosen.out.write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
