#include "cornu/keras/layers/serialization.h"

#include <nlohmann/json.hpp>

#include "cornu/base/python_names.h"
#include "cornu/keras/saving/deserialization.h"
#include "cornu/keras/saving/serialization.h"

namespace cornu::keras::layers {

PYTHON_NAMES("keras.layers.serialize");
Json serialize(const Layer& layer) { return keras::serialize(static_cast<const Operation&>(*layer.impl())); }
PYTHON_NAMES("keras.layers.deserialize");
Layer deserialize(const Json& config) { return deserialize_layer(config); }

}  // namespace cornu::keras::layers
