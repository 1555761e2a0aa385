#pragma once

#include <map>
#include <optional>
#include <string>

#include "cornu/cornu.h"

namespace cornu::cli {

struct TrainingData {
  TensorNest x, y;
  std::optional<keras::ValidationData> validation;
};

// MNIST as the model takes it: rows of 784 or images, in [0, 1]; labels as numbers or one-hot, by the loss. Validates on the
// test set. `path` may say where the files lie.
TrainingData mnist(const keras::Model& model, const std::string& path);

// {"0": 1.0, "1": 5.0}: how much examples of each class count. UsageError: anything else.
std::map<int, double> class_weights(const std::string& json);

}  // namespace cornu::cli
