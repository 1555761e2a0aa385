"""PyTorch by hand: python torch_bench.py mlp|cnn [compile]. Eager with fused Adam, or torch.compile. One JSON line."""

import os
import sys
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


def main():
    workload, compiled = sys.argv[1], "compile" in sys.argv[2:]
    rows, batch = SIZES[workload]["rows"], SIZES[workload]["batch"]
    torch.set_flush_denormal(True)
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "2")))
    draw = torch.Generator().manual_seed(0)
    x = torch.rand(rows, *SHAPES[workload], generator=draw)
    y = torch.randint(0, 10, (rows,), generator=draw)
    model = nn.Sequential(*LAYERS[workload]())
    forward = torch.compile(model) if compiled else model
    optimizer = torch.optim.Adam(model.parameters(), fused=True)
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
        total, correct = torch.zeros(()), torch.zeros((), dtype=torch.int64)
        for indices in torch.randperm(rows, generator=draw).view(-1, batch):
            loss, hits = step(indices)
            total += loss
            correct += hits
        return total.item(), correct.item()

    first = timed(lambda: step(torch.arange(batch))[0].item())
    epoch()
    figures = epochs(epoch, rows // batch, seconds=3)
    model.eval()
    with torch.inference_mode():
        one = x[:1]
        predict = latency(lambda: torch.softmax(model(one), -1).numpy())
    report(workload, "torch-compile" if compiled else "torch", torch.__version__, **figures, first_step_s=round(first, 2), import_s=import_s,
           call1_us=predict)  # fmt: skip


if __name__ == "__main__":
    main()
