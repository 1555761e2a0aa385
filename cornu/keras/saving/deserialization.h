#pragma once

#include <memory>
#include <string>

#include "cornu/base/json.h"
#include "cornu/keras/layers/layer.h"
#include "cornu/keras/models/model.h"

namespace cornu::keras {

// A layer, model or function of keras.ops from what a file says. `args` and `kwargs` are those of a function's first call.
std::shared_ptr<Operation> deserialize_operation(const Json& json, const Json& args, const Json& kwargs);
// ValueError: a config that does not fit; TypeError: a class that is neither Keras's nor registered.
Layer deserialize_layer(const Json& json);
Model deserialize_model(const Json& json);

}  // namespace cornu::keras
