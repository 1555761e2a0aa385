"""Files as each Keras backend writes them: KERAS_BACKEND=jax|tensorflow|torch python files.py  ->  files/BACKEND.keras, BACKEND.weights.h5.

One model with a convolution, BatchNormalization, a seeded Dropout and Adam's state after two steps. files/BACKEND.npz has the
data, the predictions, the weights and the optimizer's variables.
"""

import keras_env  # isort: skip
import keras
import numpy as np
from keras import layers

from keras_env import fresh, save, variables
from store import ROOT, Store, generator


def main():
    fresh()
    draw = generator("files")
    x = draw.normal(size=(16, 8, 8, 2)).astype(np.float32)
    y = np.eye(3, dtype=np.float32)[draw.integers(0, 3, 16)]
    model = keras.Sequential([
        layers.Input((8, 8, 2)), layers.Conv2D(4, 3, use_bias=False), layers.BatchNormalization(), layers.Activation("relu"),
        layers.MaxPooling2D(2), layers.Flatten(), layers.Dropout(0.3, seed=5), layers.Dense(3, activation="softmax"),
    ], name="of_any_backend")  # fmt: skip
    model.set_weights([draw.uniform(0.1, 0.5, w.shape).astype(w.dtype) for w in model.get_weights()])
    model.compile(keras.optimizers.Adam(0.01), "categorical_crossentropy", metrics=["accuracy"])
    model.fit(x, y, batch_size=8, epochs=1, shuffle=False, verbose=0)
    backend = keras.backend.backend()
    folder = ROOT / "files"
    save(model, folder / f"{backend}.keras")
    model.save_weights(folder / f"{backend}.weights.h5")
    store = Store()
    meta = {"backend": backend, "x": store.put(x), "y": store.put(y), "predictions": store.put(model.predict(x, verbose=0)),
            "weights": variables(store, model.weights), "optimizer": variables(store, model.optimizer.variables)}  # fmt: skip
    store.save(folder / f"{backend}.npz", meta)


if __name__ == "__main__":
    main()
