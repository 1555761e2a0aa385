"""ResNet-50 in PyTorch on the GPU: python torch_resnet50.py [--batch 256] [--dtype bf16|fp32] [--compile]. One JSON line.

Training with SGD and momentum on images that lie on the device, channels last, cuDNN's own search, TF32 in fp32; bf16 by autocast.
"""

import argparse
import statistics
import time

start = time.perf_counter()
import torch
import torchvision

from measure import report


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--dtype", default="bf16", choices=("bf16", "fp32"))
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--seconds", type=float, default=5)
    chosen = parser.parse_args()
    torch.backends.cudnn.benchmark = True
    torch.set_float32_matmul_precision("high")
    x = torch.rand(chosen.batch, 3, 224, 224, device="cuda").to(memory_format=torch.channels_last)
    y = torch.randint(0, 1000, (chosen.batch,), device="cuda")
    model = torchvision.models.resnet50().cuda().to(memory_format=torch.channels_last)
    forward = torch.compile(model) if chosen.compile else model
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, fused=True)
    criterion = torch.nn.CrossEntropyLoss()

    def step():
        optimizer.zero_grad()
        with torch.autocast("cuda", torch.bfloat16, enabled=chosen.dtype == "bf16"):
            loss = criterion(forward(x), y)
        loss.backward()
        optimizer.step()

    step()
    torch.cuda.synchronize()
    ready = time.perf_counter() - start
    for _ in range(10):
        step()
    torch.cuda.synchronize()
    begin, times = time.perf_counter(), []
    while time.perf_counter() - begin < chosen.seconds:
        events = [torch.cuda.Event(enable_timing=True) for _ in range(6)]
        for event in events:
            event.record()
            step()
        torch.cuda.synchronize()
        times += [a.elapsed_time(b) for a, b in zip(events, events[1:])]
    median, best = statistics.median(times), min(times)
    report(f"resnet50-{chosen.dtype}-{chosen.batch}", "torch-compile" if chosen.compile else "torch", torch.__version__, step_us=round(median * 1e3),
           step_us_best=round(best * 1e3), images_s=round(chosen.batch / median * 1e3), import_to_first_step_s=round(ready, 2),
           device_mb=torch.cuda.max_memory_allocated() >> 20)  # fmt: skip


if __name__ == "__main__":
    main()
