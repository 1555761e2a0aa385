"""The same networks in PyTorch (torchvision): python torch_applications.py mobilenet_v2|resnet50 [eager|compile]. One JSON line.

Inference mode, channels last, which is the faster of its two orders here.
"""

import sys

import torch
import torchvision

from measure import latency, report

NETWORKS = {"mobilenet_v2": torchvision.models.mobilenet_v2, "resnet50": torchvision.models.resnet50}


def main():
    network, mode = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "eager"
    model = NETWORKS[network]().eval().to(memory_format=torch.channels_last)
    images = torch.rand(8, 3, 224, 224).to(memory_format=torch.channels_last)
    run = torch.compile(model) if mode == "compile" else model
    with torch.inference_mode():
        report(
            network, "torch-compile" if mode == "compile" else "torch", torch.__version__,
            predict1_us=latency(lambda: run(images[:1]).numpy(), 30), predict8_us=latency(lambda: run(images).numpy(), 10),
        )  # fmt: skip


if __name__ == "__main__":
    main()
