#pragma once

#include <initializer_list>
#include <string>

#include "cli/command.h"
#include "cornu/cornu.h"

namespace cornu::cli {

// A model from a `.keras` or whole-model `.h5` file, or an architecture `.json`.
keras::Model read_model(const std::string& path);
// The arrays of a data file: one tensor, a list (named "0", "1", ...) or a dict by name.
TensorNest read_data(const std::string& path);

// Refuses at once what would fail after the work is done: UsageError for a name that ends in none of `endings`, FileError for a
// folder that is missing or cannot be written to. An empty path is no output.
void check_output(const std::string& path, const char* option, std::initializer_list<const char*> endings);
void write_text(const std::string& path, const std::string& text);

}  // namespace cornu::cli
