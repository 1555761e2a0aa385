#pragma once

#include "cornu/base/json.h"

namespace cornu::keras::legacy {

// What whole-model .h5 files say, in the words of config.json: Keras 2's dialect, and the one in which Keras 3 still writes them.
// What is modern already stays as it is. ValueError names a layer that only TensorFlow can run, and what is no config.

// The attribute "model_config".
Json modern_model_config(const Json& config);
// The attribute "training_config": optimizer, loss, loss_weights, metrics, weighted_metrics.
Json modern_compile_config(const Json& config);

}  // namespace cornu::keras::legacy
