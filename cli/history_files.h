#pragma once

#include <string>

#include "cornu/keras/callbacks/history.h"

namespace cornu::cli {

// Keras's history.history as JSON, {"loss": [...], "val_loss": [...]}, or as CSV, a line an epoch.
std::string history_json(const keras::History& history);
std::string history_csv(const keras::History& history);
// A picture of it: a panel for each metric, its values over the epochs in training and in validation. Legible on a light and
// on a dark page.
std::string history_svg(const keras::History& history);

}  // namespace cornu::cli
