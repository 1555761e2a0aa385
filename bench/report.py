"""What bench/run.py prints of the medians, a dict {(workload, engine): {figure: value}}: the table of ratios, and the verdict on each target."""

import dataclasses

FIGURES = {
    "step_us": "training step, us", "predict1_us": "predict_on_batch of one row, us", "predict8_us": "predict_on_batch of 8 rows, us", "gradients_us": "gradients, us", "ratio": "time over reading and checksumming", "call1_us": "model(x) of one row, us",
    "first_step_s": "first step, s", "new_batch_s": "new batch size ready, s", "start_s": "start to end, s",
    "rss_mb": "resident memory, MB", "beside_data_mb": "memory beside the data, MB",
}  # fmt: skip


@dataclasses.dataclass
class Target:
    """Cornu's figure is at most `limit`; with peers, at most 1 / `limit` of the least of theirs."""

    workload: str
    figure: str
    limit: float
    peers: tuple[str, ...] = ()
    name: str = ""  # of the peers


EVERY_PEER = ("keras-tensorflow", "keras-jax", "torch", "torch-compile")
TARGETS = [
    Target("mlp", "step_us", 1 / 1.3, ("jax-scan",), "hand-written JAX"),
    Target("mlp", "step_us", 2, ("keras-jax",), "Keras on JAX"),
    Target("mlp", "step_us", 11, ("keras-tensorflow",), "Keras on TensorFlow"),
    Target("cnn", "step_us", 1.6, EVERY_PEER, "the fastest peer"),
    *(
        Target(network, figure, 1.2, EVERY_PEER, "the fastest peer")
        for network in ("mobilenet_v2", "resnet50") for figure in ("predict1_us", "predict8_us")
    ),
    Target("mlp", "predict1_us", 10),
    Target("mlp", "first_step_s", 0.2),
    Target("mlp", "new_batch_s", 0.05),
    Target("mlp", "beside_data_mb", 150),
    Target("load", "ratio", 1.5),
    Target("devices", "start_s", 0.03),
    Target("devices", "rss_mb", 60),
]


def table(medians, engines):
    """A row a workload and figure; beside each peer's value how many times Cornu's it is."""
    present = [engine for engine in engines if any(engine == e for _, e in medians)]
    rows = [["workload", "figure", *present]]
    rates = {key: key.removesuffix("_gb_s") + ", GB/s" for figures in medians.values() for key in figures if key.endswith("_gb_s")}
    for workload in dict.fromkeys(w for w, _ in medians):
        for figure, title in (FIGURES | rates).items():
            own = medians.get((workload, "cornu"), {}).get(figure)
            values = [medians.get((workload, engine), {}).get(figure) for engine in present]
            if any(value is not None for value in values):
                rows.append([workload, title, *(cell(value, own, engine) for value, engine in zip(values, present))])
    widths = [max(map(len, column)) for column in zip(*rows)]
    lines = ["  ".join(text.ljust(w) if i < 2 else text.rjust(w) for i, (text, w) in enumerate(zip(row, widths))) for row in rows]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:], "In brackets: how many times Cornu's figure."])


def cell(value, own, engine):
    if value is None:
        return "-"
    return f"{value:,.6g}" + (f" ({value / own:.2f}x)" if own and engine != "cornu" else "")


def verdicts(medians):
    """A line a target: meets, misses or, where a figure is missing, unknown."""
    return "\n".join(verdict(target, medians) for target in TARGETS)


def verdict(target, medians):
    title = f"{target.workload}, {FIGURES[target.figure]}"
    own = medians.get((target.workload, "cornu"), {}).get(target.figure)
    theirs = [medians[target.workload, peer][target.figure] for peer in target.peers if target.figure in medians.get((target.workload, peer), {})]
    if not target.peers:
        asked = f"{title}: at most {target.limit:g}"
        return f"unknown  {asked}" if own is None else f"{word(own <= target.limit)}  {asked}: {own:.4g}"
    asked = f"{title}: at least {target.limit:.3g} times as fast as {target.name}"
    if own is None or not theirs:
        return f"unknown  {asked}"
    return f"{word(min(theirs) / own >= target.limit)}  {asked}: {min(theirs) / own:.2f} times ({own:.4g} against {min(theirs):.4g})"


def word(met):
    return "meets  " if met else "misses "
