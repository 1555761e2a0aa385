#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cornu {

// What a program that ran to its end left behind.
struct ProgramResult {
  int status;  // its exit status; 128 and more: a signal ended it
  std::string output, errors;
};

// Runs a program, found as a shell finds it, with this on its standard input. Nothing when there is no such program; RuntimeError when it
// cannot be started.
std::optional<ProgramResult> run_program(const std::vector<std::string>& command, std::string_view input);

}  // namespace cornu
