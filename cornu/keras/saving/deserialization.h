#pragma once

#include <functional>
#include <memory>
#include <string>

#include "cornu/base/json.h"
#include "cornu/keras/layers/layer.h"
#include "cornu/keras/models/model.h"

namespace cornu::keras {

// A layer, model or function of keras.ops from what a file says. `args` and `kwargs` are those of a function's first call.
std::shared_ptr<Operation> deserialize_operation(const Json& json, const Json& args, const Json& kwargs);
Layer deserialize_layer(const Json& json);
Model deserialize_model(const Json& json);

namespace saving {
// Makes files know a layer of your own by its class name: register_layer("Scale", [](const Json& config) { ... }).
CORNU_API void register_layer(const std::string& class_name, std::function<Layer(const Json& config)> from_config);
}  // namespace saving

}  // namespace cornu::keras
