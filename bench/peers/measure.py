"""What every peer shares: the workloads' sizes, timing, the one JSON line that is printed."""

import json
import resource
import statistics
import time

SIZES = {"mlp": {"rows": 12000, "batch": 32}, "cnn": {"rows": 4096, "batch": 64}}


def timed(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def epochs(work, steps, seconds):
    """Microseconds a step: epochs of `work` for about `seconds`, at least three."""
    times = []
    while len(times) < 3 or (sum(times) < seconds and len(times) < 50):
        times.append(timed(work))
    return {"step_us": round(statistics.median(times) / steps * 1e6, 1), "step_us_best": round(min(times) / steps * 1e6, 1)}


def latency(work, repeats=200):
    """Median microseconds of one call."""
    work()
    return round(statistics.median(timed(work) for _ in range(repeats)) * 1e6, 1)


def report(workload, engine, version, **figures):
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps({"workload": workload, "engine": engine, "version": version, **figures, "rss_mb": memory}), flush=True)
