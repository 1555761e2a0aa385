#pragma once

#include <string>

#include "cli/command.h"
#include "cornu/cornu.h"

namespace cornu::cli {

// A model from a `.keras` file or an architecture `.json`.
keras::Model read_model(const std::string& path);
// The arrays of a data file: one tensor, a list (named "0", "1", ...) or a dict by name.
TensorNest read_data(const std::string& path);
// --device auto|cpu|gpu:N; refuses a GPU that is not there with the reason.
std::shared_ptr<std::string> add_device_option(CLI::App& verb);
void choose_device(const std::string& device);

}  // namespace cornu::cli
