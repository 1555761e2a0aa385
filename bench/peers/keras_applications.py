"""Real Keras's networks: KERAS_BACKEND=jax|tensorflow python keras_applications.py mobilenet_v2|resnet50 [--save FILE]. One JSON line.

predict1_us, predict8_us: `predict_on_batch` of 1 and of 8 images. With --save only the file is written, which Cornu reads.
"""

import argparse
import os

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
import keras
import numpy as np

from measure import latency, report

NETWORKS = {"mobilenet_v2": keras.applications.MobileNetV2, "resnet50": keras.applications.ResNet50}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("network", choices=NETWORKS)
    parser.add_argument("--save")
    chosen = parser.parse_args()
    model = NETWORKS[chosen.network](weights=None)
    if chosen.save:
        model.save(chosen.save)
        return
    images = np.random.default_rng(0).random((8, 224, 224, 3), dtype=np.float32)
    report(
        chosen.network, "keras-" + keras.backend.backend(), keras.__version__,
        predict1_us=latency(lambda: model.predict_on_batch(images[:1]), 30), predict8_us=latency(lambda: model.predict_on_batch(images), 10),
    )  # fmt: skip


if __name__ == "__main__":
    main()
