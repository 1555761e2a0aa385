#pragma once

#include <span>

#include "cornu/keras/layers/layer.h"

namespace cornu::keras::layers {

// How files find a layer. Adding a layer is its own file and one line here.
struct LayerRow {
  const char* class_name;
  Layer (*from_config)(const Json& config);
  bool is_public = true;  // false: no name of keras.layers; files have it
};
CORNU_API std::span<const LayerRow> registry();

}  // namespace cornu::keras::layers
