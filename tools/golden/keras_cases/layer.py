"""Layers: config, weights, output in inference and, where it is deterministic, in training; gradients of sum(output * cotangent)."""

import sys

import jax
import jax.numpy as jnp
import keras
import numpy as np
from keras import layers
from keras.src.applications import convnext

from store import generator

# class: (input shapes, [arguments, ...])
ROWS = {
    "Dense": ([(3, 4)], [dict(units=5), dict(units=2, activation="relu", use_bias=False), dict(units=3, activation="softmax", kernel_regularizer="l2"),
                         dict(units=3, bias_initializer="ones", activation="gelu")]),
    "Dense/3d": ([(2, 3, 4)], [dict(units=5, activation="tanh")]),
    "Activation": ([(3, 4)], [dict(activation=a) for a in ("linear", "relu", "softmax", "tanh", "sigmoid", "gelu", "silu")]),
    "ReLU": ([(3, 4)], [dict(), dict(max_value=1.0), dict(negative_slope=0.1), dict(max_value=1.5, negative_slope=0.2, threshold=0.3)]),
    "LeakyReLU": ([(3, 4)], [dict(), dict(negative_slope=0.05)]),
    "PReLU": ([(2, 3, 4)], [dict(), dict(shared_axes=[1]), dict(shared_axes=2, alpha_regularizer="l2")]),
    "ELU": ([(3, 4)], [dict(), dict(alpha=0.5)]),
    "Softmax": ([(3, 4, 2)], [dict(), dict(axis=1), dict(axis=[1, 2])]),
    "Dropout": ([(3, 4)], [dict(rate=0.0), dict(rate=0.5, seed=1)]),
    "SpatialDropout1D": ([(2, 3, 4)], [dict(rate=0.5), dict(rate=0.0, seed=1)]),
    "SpatialDropout2D": ([(2, 3, 4, 5)], [dict(rate=0.5), dict(rate=0.3, data_format="channels_first", seed=2)]),
    "SpatialDropout3D": ([(2, 3, 2, 4, 5)], [dict(rate=0.5)]),
    "GaussianNoise": ([(3, 4)], [dict(stddev=0.5), dict(stddev=0.0, seed=1)]),
    "GaussianDropout": ([(3, 4)], [dict(rate=0.5), dict(rate=0.0, seed=1)]),
    "ActivityRegularization": ([(3, 4)], [dict(), dict(l1=0.1, l2=0.2)]),
    "Flatten": ([(2, 3, 4)], [dict()]),
    "Flatten/channels_first": ([(2, 3, 4, 2)], [dict(data_format="channels_first")]),
    "Flatten/1d": ([(5,)], [dict()]),
    "Reshape": ([(2, 6, 2)], [dict(target_shape=[3, 4]), dict(target_shape=[-1, 2, 2]), dict(target_shape=[12])]),
    "Permute": ([(2, 3, 4, 5)], [dict(dims=[2, 3, 1]), dict(dims=[1, 3, 2])]),
    "RepeatVector": ([(2, 3)], [dict(n=4)]),
    "ZeroPadding1D": ([(2, 4, 3)], [dict(), dict(padding=[1, 2]), dict(padding=2, data_format="channels_first")]),
    "ZeroPadding2D": ([(2, 3, 4, 2)], [dict(), dict(padding=[1, 2]), dict(padding=[[1, 0], [2, 3]]), dict(padding=2, data_format="channels_first")]),
    "ZeroPadding3D": ([(2, 3, 2, 4, 2)], [dict(), dict(padding=[[1, 0], [2, 3], [0, 1]])]),
    "Cropping1D": ([(2, 6, 3)], [dict(), dict(cropping=[0, 2])]),
    "Cropping2D": ([(2, 5, 6, 4)], [dict(), dict(cropping=1), dict(cropping=[1, 2]), dict(cropping=[[1, 0], [2, 3]]),
                                    dict(cropping=[[1, 2], [0, 1]], data_format="channels_first")]),
    "Cropping3D": ([(2, 4, 5, 3, 2)], [dict(), dict(cropping=[[1, 0], [2, 2], [0, 1]])]),
    "Conv2D": ([(2, 7, 8, 3)], [dict(filters=4, kernel_size=3), dict(filters=2, kernel_size=[2, 3], strides=[2, 1], padding="same", activation="relu"),
                                dict(filters=6, kernel_size=3, groups=3, use_bias=False), dict(filters=2, kernel_size=3, dilation_rate=2, padding="same"),
                                dict(filters=2, kernel_size=1, kernel_regularizer={"class_name": "L2", "config": {"l2": 0.1}})]),
    "Conv2D/channels_first": ([(2, 3, 7, 8)], [dict(filters=4, kernel_size=3, data_format="channels_first", padding="same")]),
    "Conv1D": ([(2, 9, 4)], [dict(filters=3, kernel_size=3), dict(filters=2, kernel_size=3, strides=2, padding="same", activation="relu"),
                             dict(filters=4, kernel_size=2, groups=2, use_bias=False), dict(filters=2, kernel_size=3, dilation_rate=2, padding="causal"),
                             dict(filters=2, kernel_size=3, data_format="channels_first"),
                             dict(filters=2, kernel_size=3, data_format="channels_first", padding="causal")]),
    "Conv3D": ([(2, 4, 5, 4, 2)], [dict(filters=3, kernel_size=2), dict(filters=2, kernel_size=[1, 2, 3], strides=[1, 2, 1], padding="same")]),
    "DepthwiseConv1D": ([(2, 9, 3)], [dict(kernel_size=3), dict(kernel_size=2, strides=2, padding="same", depth_multiplier=2, activation="relu")]),
    "DepthwiseConv2D": ([(2, 7, 8, 3)], [dict(kernel_size=3), dict(kernel_size=3, strides=2, padding="same"), dict(kernel_size=[2, 3], depth_multiplier=2, activation="relu6"),
                                         dict(kernel_size=3, dilation_rate=2, use_bias=False), dict(kernel_size=2, depthwise_regularizer="l2", bias_initializer="ones")]),
    "DepthwiseConv2D/channels_first": ([(2, 3, 7, 8)], [dict(kernel_size=3, data_format="channels_first", depth_multiplier=2)]),
    "SeparableConv1D": ([(2, 9, 3)], [dict(filters=4, kernel_size=3), dict(filters=2, kernel_size=2, strides=2, padding="same", depth_multiplier=2, activation="relu")]),
    "SeparableConv2D": ([(2, 7, 8, 3)], [dict(filters=4, kernel_size=3), dict(filters=2, kernel_size=3, strides=2, padding="same", depth_multiplier=2),
                                         dict(filters=2, kernel_size=2, dilation_rate=2, use_bias=False),
                                         dict(filters=2, kernel_size=2, depthwise_regularizer="l2", pointwise_regularizer="l1", bias_regularizer="l2")]),
    "SeparableConv2D/channels_first": ([(2, 3, 7, 8)], [dict(filters=4, kernel_size=3, data_format="channels_first")]),
    "Conv1DTranspose": ([(2, 5, 3)], [dict(filters=4, kernel_size=3), dict(filters=2, kernel_size=3, strides=2, padding="same"),
                                      dict(filters=2, kernel_size=2, strides=3, output_padding=1), dict(filters=2, kernel_size=3, dilation_rate=2),
                                      dict(filters=2, kernel_size=4, strides=2, padding="same", output_padding=0)]),
    "Conv2DTranspose": ([(2, 3, 4, 3)], [dict(filters=4, kernel_size=3), dict(filters=2, kernel_size=3, strides=2, padding="same", activation="relu"),
                                         dict(filters=2, kernel_size=[2, 3], strides=[3, 2], output_padding=[1, 0]), dict(filters=2, kernel_size=2, use_bias=False),
                                         dict(filters=2, kernel_size=3, dilation_rate=2, padding="same")]),
    "Conv2DTranspose/channels_first": ([(2, 3, 3, 4)], [dict(filters=4, kernel_size=3, strides=2, data_format="channels_first")]),
    "Conv3DTranspose": ([(2, 2, 3, 2, 2)], [dict(filters=3, kernel_size=2, strides=2)]),
    "UpSampling1D": ([(2, 4, 3)], [dict(), dict(size=3)]),
    "UpSampling2D": ([(2, 3, 4, 2)], [dict(), dict(size=[2, 3]), dict(interpolation="bilinear"), dict(size=[3, 2], interpolation="bilinear"),
                                      dict(size=4, interpolation="bilinear", data_format="channels_first"), dict(data_format="channels_first")]),
    "UpSampling2D/one": ([(2, 1, 1, 2)], [dict(interpolation="bilinear")]),
    "UpSampling3D": ([(2, 2, 3, 2, 2)], [dict(), dict(size=[1, 2, 3])]),
    "MaxPooling1D": ([(2, 7, 3)], [dict(), dict(pool_size=3, strides=2, padding="same")]),
    "MaxPooling3D": ([(2, 4, 5, 4, 2)], [dict(), dict(pool_size=[2, 3, 1], strides=1)]),
    "AveragePooling1D": ([(2, 7, 3)], [dict(pool_size=2), dict(pool_size=3, strides=2, padding="same")]),
    "AveragePooling2D": ([(2, 7, 8, 3)], [dict(pool_size=2), dict(pool_size=3, strides=2, padding="same"), dict(pool_size=[2, 3], strides=[1, 2])]),
    "AveragePooling2D/channels_first": ([(2, 3, 6, 4)], [dict(pool_size=2, data_format="channels_first")]),
    "AveragePooling3D": ([(2, 4, 5, 4, 2)], [dict(pool_size=2)]),
    "MaxPooling2D": ([(2, 7, 8, 3)], [dict(), dict(pool_size=3, strides=2, padding="same"), dict(pool_size=[2, 3], strides=[1, 2])]),
    "MaxPooling2D/channels_first": ([(2, 3, 6, 4)], [dict(data_format="channels_first")]),
    "GlobalMaxPooling1D": ([(2, 4, 3)], [dict(), dict(keepdims=True), dict(data_format="channels_first")]),
    "GlobalMaxPooling2D": ([(2, 4, 5, 3)], [dict(), dict(keepdims=True), dict(data_format="channels_first")]),
    "GlobalMaxPooling3D": ([(2, 4, 2, 5, 3)], [dict()]),
    "GlobalAveragePooling1D": ([(2, 4, 3)], [dict(), dict(keepdims=True), dict(data_format="channels_first")]),
    "GlobalAveragePooling3D": ([(2, 4, 2, 5, 3)], [dict()]),
    "GlobalAveragePooling2D": ([(2, 4, 5, 3)], [dict(), dict(keepdims=True), dict(data_format="channels_first")]),
    "BatchNormalization": ([(4, 3)], [dict(), dict(momentum=0.5, epsilon=0.01), dict(center=False), dict(scale=False), dict(center=False, scale=False)]),
    "BatchNormalization/4d": ([(2, 3, 4, 5)], [dict(), dict(axis=1)]),
    "Identity": ([(3, 4)], [dict()]),
    "LayerNormalization": ([(3, 4, 5)], [dict(), dict(epsilon=0.1), dict(axis=1), dict(axis=[2, 1]), dict(center=False), dict(scale=False),
                                         dict(rms_scaling=True), dict(gamma_regularizer="l2")]),
    "GroupNormalization": ([(2, 3, 8)], [dict(groups=2), dict(groups=-1), dict(groups=4, epsilon=0.1), dict(groups=2, center=False), dict(groups=2, scale=False),
                                         dict(groups=3, axis=1, gamma_regularizer="l2")]),
    "GroupNormalization/4d": ([(2, 4, 3, 5)], [dict(groups=2, axis=1), dict(groups=5), dict(groups=2, axis=-3)]),
    "RMSNormalization": ([(3, 4, 5)], [dict(), dict(epsilon=0.1), dict(axis=[2, 1])]),
    "UnitNormalization": ([(3, 4, 5)], [dict(), dict(axis=1), dict(axis=[1, 2])]),
    "Rescaling": ([(3, 4, 2)], [dict(scale=0.5), dict(scale=1 / 255, offset=-1.0), dict(scale=[0.5, 2.0], offset=[1.0, 0.25])]),
    "Rescaling/integers": ([(3, 4)], [dict(scale=0.5, offset=1)]),
    "Normalization": ([(3, 4, 2)], [dict(), dict(axis=None), dict(axis=[1, 2]), dict(invert=True), dict(axis=None, mean=3.0, variance=2.0),
                                    dict(mean=[1.0, 2.0], variance=[0.1, 3.0]), dict(axis=[1, 2], mean=[1.0, 2.0], variance=[0.1, 3.0], invert=True)]),
    "Embedding": ([(3, 4)], [dict(input_dim=5, output_dim=3), dict(input_dim=6, output_dim=2, mask_zero=True, embeddings_regularizer="l2"),
                             dict(input_dim=5, output_dim=2, activity_regularizer="l2")]),
    "EinsumDense": ([(2, 3, 4)], [dict(equation="abc,cd->abd", output_shape=[3, 5], bias_axes="d"), dict(equation="...x,xy->...y", output_shape=6, bias_axes="y", activation="relu"),
                                  dict(equation="abc,cde->abde", output_shape=[3, 2, 3], bias_axes="de"), dict(equation="ab...,bc->ac...", output_shape=5, bias_axes="c"),
                                  dict(equation="abc,bcd->ad", output_shape=[3], kernel_regularizer="l2", bias_axes=None),
                                  dict(equation="abc,cde->aebd", output_shape=[5, 3, 2], bias_axes="e")]),
    "LayerScale": ([(3, 4)], [dict(init_values=1e-6, projection_dim=4)]),
    "StochasticDepth": ([(3, 4)], [dict(drop_path_rate=0.5)]),
    "Add": ([(3, 4)] * 3, [dict()]),
    "Add/broadcast": ([(3, 1, 4), (3, 2, 1)], [dict()]),
    "Subtract": ([(3, 4)] * 2, [dict()]),
    "Multiply": ([(3, 4)] * 3, [dict()]),
    "Average": ([(3, 4)] * 3, [dict()]),
    "Maximum": ([(3, 4)] * 3, [dict()]),
    "Minimum": ([(3, 4)] * 3, [dict()]),
    "Concatenate": ([(3, 4, 2), (3, 4, 2)], [dict(), dict(axis=1), dict(axis=-2)]),
    "Dot": ([(3, 4), (3, 4)], [dict(axes=1), dict(axes=-1, normalize=True)]),
    "Dot/3d": ([(2, 3, 4), (2, 5, 4)], [dict(axes=2), dict(axes=[-1, 2], normalize=True)]),
    "Dot/mixed": ([(2, 3, 4), (2, 3)], [dict(axes=1), dict(axes=[1, -1])]),
    "Dot/4d": ([(2, 3, 4, 2), (2, 5, 3)], [dict(axes=[1, 2])]),
}  # fmt: skip
INTEGERS = {"Embedding": 5, "Rescaling/integers": 256}  # inputs below these
WITH_NARROW_WEIGHTS = ("Dense", "Conv2D", "BatchNormalization/4d", "LayerNormalization", "Embedding", "EinsumDense")
IN_TRAINING_RANDOM = {"StochasticDepth"}


def nest(store, values):
    return [store.put(np.asarray(v)) for v in values]


def build(class_name, arguments, inputs):
    layer = (getattr(layers, class_name, None) or getattr(convnext, class_name))(**arguments)
    layer(inputs if len(inputs) > 1 else inputs[0])
    return layer


def symbolic(layer, inputs):
    given = [keras.KerasTensor((None, *i.shape[1:]), i.dtype.name) for i in inputs]
    return layer.compute_output_spec(given if len(given) > 1 else given[0])


def run(label, class_name, shapes, arguments, store):
    name = label + "".join(f",{k}={v}" for k, v in arguments.items()).replace(" ", "").replace("'", "")
    draw = generator("layer/" + name)
    limit = INTEGERS.get(label)
    inputs = [draw.integers(0, limit, s).astype(np.int32) if limit else draw.uniform(-2, 2, s).astype(np.float32) for s in shapes]
    layer = build(class_name, arguments, inputs)
    layer.set_weights([draw.uniform(0.2, 0.9, w.shape).astype(w.dtype) if w.dtype.kind == "f" else w for w in layer.get_weights()])
    if class_name == "Normalization":
        layer.finalize_state()
    given = inputs if len(inputs) > 1 else inputs[0]
    random = class_name in IN_TRAINING_RANDOM or ("Dropout" in class_name or "Noise" in class_name) and max(arguments.get("rate", 0), arguments.get("stddev", 0)) > 0
    entry = {
        "name": name, "class_name": class_name, "config": layer.get_config(), "inputs": nest(store, inputs), "parameters": layer.count_params(),
        "weights": [{"name": v.name, "path": v.path, "trainable": v.trainable, "value": store.put(np.asarray(v))} for v in layer.weights],
        "output": store.put(np.asarray(layer(given, training=False) if accepts_training(layer) else layer(given))),
        "output_shape_unknown_batch": list(symbolic(layer, inputs).shape),
    }  # fmt: skip
    trainable, frozen = [v.value for v in layer.trainable_variables], [v.value for v in layer.non_trainable_variables]
    cotangent = draw.uniform(-1, 1, entry["output"]["shape"]).astype(np.float32)
    entry["cotangent"] = store.put(cotangent)
    for training in (False, True):
        if training and random:
            continue
        extra = {"training": training} if accepts_training(layer) else {}

        def total(trainable, inputs):
            out, _ = layer.stateless_call(trainable, frozen, inputs if len(inputs) > 1 else inputs[0], **extra)
            return jnp.sum(out * cotangent)

        of = (trainable, [jnp.asarray(i) for i in inputs])
        by_weight, by_input = (jax.grad(total)(*of), []) if limit else jax.grad(total, argnums=(0, 1))(*of)
        entry["training_gradients" if training else "gradients"] = {"weights": nest(store, by_weight), "inputs": nest(store, by_input)}
    if accepts_training(layer) and not random:
        entry["training_output"] = store.put(np.asarray(layer(given, training=True)))
        entry["weights_after_training"] = nest(store, layer.get_weights())
    layer(given)
    if layer.losses:
        entry["losses"] = [float(v) for v in layer.losses]
    return entry


def accepts_training(layer):
    return layer._call_has_training_arg


def under_policies(store):
    """One case of a class under each policy of 16-bit computing; a few where the weights are of 16 bits too."""
    out = []
    for policy in ("mixed_float16", "mixed_bfloat16", "float16", "bfloat16"):
        for label, (shapes, rows) in ROWS.items():
            if policy.startswith("mixed") or label in WITH_NARROW_WEIGHTS:
                keras.backend.clear_session()
                try:
                    entry = run(label, label.split("/")[0], shapes, rows[0] | {"dtype": policy}, store)
                    # SpatialDropout's own config says the dtype of variables, which it has none of.
                    entry["config"]["dtype"] = keras.dtype_policies.serialize(keras.DTypePolicy(policy))
                    out.append(entry)
                except TypeError as e:
                    print(f"Keras itself cannot: {label} under {policy}: {str(e)[:100]}", file=sys.stderr)
    return out


def main(store):
    out = []
    for label, (shapes, rows) in ROWS.items():
        for arguments in rows:
            keras.backend.clear_session()
            out.append(run(label, label.split("/")[0], shapes, arguments, store))
    return out
