"""Records what training asks of an allocator, where every tensor is a piece of its own: python record.py. Writes NAME.trace.gz.

PyTorch on the CPU, eager, is the source; no framework's allocator has a part in it. A line is a piece of so many bytes, or "-N": the
N-th piece of the trace, counted from 0, comes back. Shapes change from step to step where they do in life: lengths of text, a last batch.
"""

import gzip
import random

import torch
import torchvision
from torch import nn
from torch.profiler import ProfilerActivity, profile


def allocations(node):
    extra = node.extra_fields
    if hasattr(extra, "alloc_size"):
        yield node.start_time_ns, extra.ptr, extra.alloc_size
    for child in node.children:
        yield from allocations(child)


def record(name, make, steps):
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
        step = make()
        for number in range(steps):
            step(number)
    roots = profiler.profiler.kineto_results.experimental_event_tree()
    events = sorted(event for root in roots for event in allocations(root))
    held, lines, pieces = {}, [], 0
    for _, pointer, size in events:
        if size > 0:
            held[pointer] = pieces
            lines.append(str(size))
            pieces += 1
        elif pointer in held:
            lines.append(f"-{held.pop(pointer)}")
    with gzip.GzipFile(f"{name}.trace.gz", "wb", mtime=0) as file:
        file.write("\n".join(lines).encode())
    print(name, pieces, "pieces,", len(held), "held at the end")


def trainer(model, optimizer, batch):
    def step(number):
        inputs, labels = batch(number)
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(inputs), labels).backward()
        optimizer.step()

    return step


def resnet50():
    model = torchvision.models.resnet50()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    sizes = [4, 4, 3]
    return trainer(model, optimizer, lambda n: (torch.rand(sizes[n], 3, 224, 224), torch.randint(0, 1000, (sizes[n],))))


class TextModel(nn.Module):
    def __init__(self, body):
        super().__init__()
        self.embedding, self.body, self.head = nn.Embedding(20000, 128), body, nn.Linear(128, 20)

    def forward(self, tokens):
        hidden = self.body(self.embedding(tokens))
        return self.head((hidden[0] if isinstance(hidden, tuple) else hidden).mean(1))


def of_any_length(body):
    def make():
        model = TextModel(body())
        lengths = random.Random(7)
        batch = lambda n: (torch.randint(0, 20000, (32, lengths.randint(16, 256))), torch.randint(0, 20, (32,)))
        return trainer(model, torch.optim.Adam(model.parameters()), batch)

    return make


def transformer():
    return nn.TransformerEncoder(nn.TransformerEncoderLayer(128, 8, 512, batch_first=True), 4)


def main():
    torch.manual_seed(7)
    record("resnet50", resnet50, 3)
    record("transformer", of_any_length(transformer), 12)
    record("lstm", of_any_length(lambda: nn.LSTM(128, 128, batch_first=True)), 30)


if __name__ == "__main__":
    main()
