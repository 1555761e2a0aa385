"""PyTorch by hand: python torch_bench.py mlp|cnn [eager|compile|graph|compile-graph] [--device cpu|cuda] [--steps N]. One JSON line.

Eager with fused Adam, or torch.compile. With `graph` a CUDA graph holds N whole steps, the gather of the rows of a shuffled epoch included, and
convolutions are channels last and searched by cuDNN.
"""

import argparse
import os
import time

start = time.perf_counter()
import torch
from torch import nn

import_s = round(time.perf_counter() - start, 2)

from measure import SIZES, epochs, latency, report, timed

LAYERS = {
    "mlp": lambda: [nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10)],
    "cnn": lambda: [
        nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Dropout(0.5),
        nn.Linear(1600, 10),
    ],
}  # fmt: skip
SHAPES = {"mlp": (784,), "cnn": (1, 28, 28)}


def captured(work, repeats=1):
    """A CUDA graph of `work` done `repeats` times, after three runs outside."""
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(3):
            work()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        for _ in range(repeats):
            work()
    return graph


def whole_epoch(step, rows, batch, steps):
    """An epoch as replays of one CUDA graph; what it trains on, where it stands and what it sums lie on the device."""
    order = torch.zeros(rows // batch, batch, dtype=torch.int64, device="cuda")
    position = torch.zeros(1, dtype=torch.int64, device="cuda")
    total, correct = torch.zeros((), device="cuda"), torch.zeros((), dtype=torch.int64, device="cuda")

    def next_step():
        loss, hits = step(order[position].view(-1))
        total.add_(loss)
        correct.add_(hits)
        position.add_(1)

    graph = captured(next_step, steps)

    def epoch():
        order.copy_(torch.randperm(rows, device="cuda").view(-1, batch))
        for state in (position, total, correct):
            state.zero_()
        for _ in range(rows // batch // steps):
            graph.replay()
        return total.item(), correct.item()

    return epoch


def predictor(model, row, device, graph):
    """Probabilities of one row, from the host's memory to the host's."""
    if device == "cpu":
        return lambda: torch.softmax(model(row), -1).numpy()
    if not graph:
        return lambda: torch.softmax(model(row.to(device)), -1).cpu().numpy()
    row, out = row.pin_memory(), torch.zeros(1, 10).pin_memory()
    replay = captured(lambda: out.copy_(torch.softmax(model(row.to(device, non_blocking=True)), -1), non_blocking=True)).replay
    stream = torch.cuda.current_stream()
    return lambda: (replay(), stream.synchronize(), out.numpy())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("workload", choices=LAYERS)
    parser.add_argument("mode", nargs="?", default="eager", choices=("eager", "compile", "graph", "compile-graph"))
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"))
    parser.add_argument("--steps", type=int, default=1, help="in a graph")
    chosen = parser.parse_args()
    workload, device, graph = chosen.workload, chosen.device, "graph" in chosen.mode
    if graph and device == "cpu":
        parser.error("a graph needs --device cuda")
    rows, batch = SIZES[workload]["rows"], SIZES[workload]["batch"]
    torch.set_flush_denormal(True)
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "2")))
    draw = torch.Generator().manual_seed(0)
    context_s = timed(lambda: torch.zeros((), device=device))
    x = torch.rand(rows, *SHAPES[workload], generator=draw).to(device)
    y = torch.randint(0, 10, (rows,), generator=draw).to(device)
    shuffle = draw if device == "cpu" else torch.Generator(device)
    model = nn.Sequential(*LAYERS[workload]()).to(device)
    if graph and workload == "cnn":
        torch.backends.cudnn.benchmark = True
        x, model = x.to(memory_format=torch.channels_last), model.to(memory_format=torch.channels_last)
    forward = torch.compile(model) if "compile" in chosen.mode else model
    optimizer = torch.optim.Adam(model.parameters(), fused=True, capturable=graph)
    criterion = nn.CrossEntropyLoss()

    def step(indices):
        wanted = y[indices]
        optimizer.zero_grad()
        out = forward(x[indices])
        loss = criterion(out, wanted)
        loss.backward()
        optimizer.step()
        return loss.detach(), (out.argmax(-1) == wanted).sum()

    def epoch():
        total, correct = torch.zeros((), device=device), torch.zeros((), dtype=torch.int64, device=device)
        for indices in torch.randperm(rows, generator=shuffle, device=device).view(-1, batch):
            loss, hits = step(indices)
            total += loss
            correct += hits
        return total.item(), correct.item()

    first = timed(lambda: step(torch.arange(batch, device=device))[0].item())
    ready = time.perf_counter() - start
    if graph:
        epoch = whole_epoch(step, rows, batch, chosen.steps)
    epoch()
    figures = epochs(epoch, rows // batch, seconds=3)
    model.eval()
    with torch.inference_mode():
        predict = latency(predictor(model, x[:1].cpu(), device, graph))
    engine = "torch" if chosen.mode == "eager" else "torch-" + chosen.mode
    report(workload, engine + (f"-{chosen.steps}-steps" if chosen.steps > 1 else ""), torch.__version__, **figures, first_step_s=round(first, 2),
           import_s=import_s, call1_us=predict, device=device, context_s=round(context_s, 2), import_to_first_step_s=round(ready, 2))  # fmt: skip


if __name__ == "__main__":
    main()
