#pragma once

#include <nlohmann/json.hpp>

#include "cornu/keras/layers/layer.h"
#include "cornu/keras/saving/json_fields.h"

namespace cornu::keras {

// A layer's config: what every layer has, required arguments, then the struct of its own. Files have Keras's order: where that is
// not the arguments', `required` also has the keys that come first (their values are the struct's).
template <class Args>
Json layer_config(Json base, const Json& required, const Args& args) {
  if (!required.is_null()) base.update(required);
  const Json fields = saving::to_json(args);
  for (const auto& [key, value] : fields.items())
    if (key != "name" && key != "trainable" && key != "dtype" && key != "input_shape") base[key] = value;
  return base;
}

// A required argument of a config. ValueError names it.
template <class T>
T required(const Json& config, const char* key) {
  if (!config.contains(key)) throw error<ValueError>("The config of a layer lacks `{}`.", key);
  T value{};
  saving::read_field(config, key, value);
  return value;
}

}  // namespace cornu::keras
