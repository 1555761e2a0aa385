#pragma once

// Networks of more than one test.

#include "cornu/cornu.h"

namespace cornu::testing {

// That of the README.
inline keras::Model seed_network() {
  using namespace keras::layers;
  const auto model =
      keras::Sequential({Dense(128, {.activation = "relu", .input_shape = {784}}), Dense(10, {.activation = "softmax"})});
  model.compile({.optimizer = "adam", .loss = "categorical_crossentropy", .metrics = {"accuracy"}});
  return model;
}

}  // namespace cornu::testing
