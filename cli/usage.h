#pragma once

#include <string>

#include "cli/command.h"

namespace cornu::cli {

// A whole number of at least 1.
CLI::Validator at_least_one();

// Parses the arguments. UsageError says in one sentence what is wrong: first an argument that is not known, with the name nearest
// to it. CLI::Success: help or the version was asked for.
void parse(CLI::App& app, int argc, char** argv);

}  // namespace cornu::cli
