#pragma once

#include "cornu/base/json.h"

namespace cornu::keras {

class FunctionalImpl;

// The "config" of a functional model in config.json: layers with their inbound nodes, input and output layers.
Json functional_config(const FunctionalImpl& model);

}  // namespace cornu::keras
