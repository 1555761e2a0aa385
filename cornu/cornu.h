#pragma once

// The whole public interface: namespace cornu is TensorFlow's part, cornu::keras is Keras. Who looks inside a config (a cornu::Json)
// includes <nlohmann/json.hpp> too.

#include "cornu/base/dtype.h"
#include "cornu/base/errors.h"
#include "cornu/base/nest.h"
#include "cornu/base/shape.h"
#include "cornu/device/build_info.h"
#include "cornu/device/config.h"
#include "cornu/device/memory.h"
#include "cornu/device/scope.h"
#include "cornu/function.h"
#include "cornu/keras/callbacks/callbacks.h"
#include "cornu/keras/constraints/constraints.h"
#include "cornu/keras/datasets/mnist.h"
#include "cornu/keras/dtype_policy.h"
#include "cornu/keras/initializers/initializers.h"
#include "cornu/keras/layers/layers.h"
#include "cornu/keras/layers/serialization.h"
#include "cornu/keras/losses/losses.h"
#include "cornu/keras/metrics/metrics.h"
#include "cornu/keras/models/functional.h"
#include "cornu/keras/models/sequential.h"
#include "cornu/keras/ops/control.h"
#include "cornu/keras/ops/core.h"
#include "cornu/keras/ops/linalg.h"
#include "cornu/keras/ops/math.h"
#include "cornu/keras/ops/nn.h"
#include "cornu/keras/ops/numpy.h"
#include "cornu/keras/optimizers/adadelta.h"
#include "cornu/keras/optimizers/adafactor.h"
#include "cornu/keras/optimizers/adagrad.h"
#include "cornu/keras/optimizers/adam.h"
#include "cornu/keras/optimizers/adamax.h"
#include "cornu/keras/optimizers/adamw.h"
#include "cornu/keras/optimizers/ftrl.h"
#include "cornu/keras/optimizers/lamb.h"
#include "cornu/keras/optimizers/lion.h"
#include "cornu/keras/optimizers/loss_scale_optimizer.h"
#include "cornu/keras/optimizers/nadam.h"
#include "cornu/keras/optimizers/rmsprop.h"
#include "cornu/keras/optimizers/schedules/cosine_decay.h"
#include "cornu/keras/optimizers/schedules/cosine_decay_restarts.h"
#include "cornu/keras/optimizers/schedules/exponential_decay.h"
#include "cornu/keras/optimizers/schedules/inverse_time_decay.h"
#include "cornu/keras/optimizers/schedules/piecewise_constant_decay.h"
#include "cornu/keras/optimizers/schedules/polynomial_decay.h"
#include "cornu/keras/optimizers/sgd.h"
#include "cornu/keras/random/random.h"
#include "cornu/keras/regularizers/regularizers.h"
#include "cornu/keras/saving/registration.h"
#include "cornu/keras/saving/saving_api.h"
#include "cornu/keras/utils/model_visualization.h"
#include "cornu/keras/utils/numerical_utils.h"
#include "cornu/keras/utils/progbar.h"
#include "cornu/tensor.h"
#include "cornu/variable.h"

// tf.cast, tf.reshape, ...: TensorFlow's names for what keras.ops has.
namespace cornu {
using keras::ops::cast;
using keras::ops::expand_dims;
using keras::ops::matmul;
using keras::ops::reshape;
using keras::ops::squeeze;
using keras::ops::transpose;
}  // namespace cornu
