#pragma once

#include <span>

#include "cornu/keras/losses/hinge_losses.h"
#include "cornu/keras/losses/probabilistic_losses.h"
#include "cornu/keras/losses/regression_losses.h"
#include "cornu/keras/losses/segmentation_losses.h"
#include "cornu/keras/losses/similarity_losses.h"

namespace cornu::keras::losses {

// How files and names find a loss.
struct LossRow {
  const char* class_name;          // "MeanSquaredError"
  std::vector<const char*> names;  // "mean_squared_error", "mse", "MSE": functions of keras.losses too
  Loss (*from_config)(const Json& config);
};
CORNU_API std::span<const LossRow> registry();

}  // namespace cornu::keras::losses
