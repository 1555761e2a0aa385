#pragma once

#include <string>

#include "cli/command.h"
#include "cornu/base/json.h"
#include "cornu/keras/models/model.h"

namespace cornu::cli {

// What the command line says of a model's compilation.
struct CompileOptions {
  std::string optimizer, loss, metrics;
};
void add_compile_options(CLI::App& verb, CompileOptions& options);

// A compiled model keeps what the options do not replace, and its optimizer's state with the optimizer.
// UsageError: a model that is not compiled and no loss.
void compile(const keras::Model& model, const CompileOptions& options);

Json parse_json(const std::string& text, const char* option);  // UsageError

}  // namespace cornu::cli
