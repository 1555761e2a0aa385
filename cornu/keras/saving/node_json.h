#pragma once

#include <memory>

#include "cornu/base/json.h"

namespace cornu::keras {

class FunctionalImpl;
class Layer;

// The "config" of a functional model in config.json: layers with their inbound nodes, input and output layers.
Json functional_config(const FunctionalImpl& model);
// The model that such a config describes. ValueError names what is missing or unknown.
std::shared_ptr<FunctionalImpl> functional_from_config(const Json& config);

}  // namespace cornu::keras
