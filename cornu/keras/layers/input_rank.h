#pragma once

#include "cornu/keras/layers/layer.h"

namespace cornu::keras {

// What Keras's `input_spec` of a layer says of its input's axes. ValueError, in Keras's words.
inline void expect_rank(const LayerImpl& layer, const Shape& input, int rank) {
  if (input.rank() != rank)
    throw error<ValueError>(
        "Input 0 of layer \"{}\" is incompatible with the layer: expected ndim={}, found ndim={}. Full shape received: {}",
        layer.name(), rank, input.rank(), to_string(input));
}
inline void expect_min_rank(const LayerImpl& layer, const Shape& input, int rank) {
  if (input.rank() < rank)
    throw error<ValueError>(
        "Input 0 of layer \"{}\" is incompatible with the layer: expected min_ndim={}, found ndim={}. Full shape received: {}",
        layer.name(), rank, input.rank(), to_string(input));
}

}  // namespace cornu::keras
