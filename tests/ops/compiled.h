#pragma once

#include <memory>

#include "cornu/plan/runner.h"
#include "tests/ops/evaluate.h"

namespace cornu::testing {

// A graph compiled for this CPU by every pass, and run as a program on host arrays.
class Compiled {
 public:
  explicit Compiled(const ir::Graph& graph);
  // Throws where a kernel writes outside of its results. `status` gets what a checking kernel found.
  std::vector<Array> operator()(std::vector<Array> arguments, int threads = 1, ir::StatusWord* status = nullptr);

 private:
  plan::Runner runner_;
};

// An environment variable, for as long as this lives.
class ScopedVariable {
 public:
  ScopedVariable(const char* name, const std::string& value);
  ~ScopedVariable();
  ScopedVariable(const ScopedVariable&) = delete;

 private:
  const char* name_;
  std::optional<std::string> before_;
};

// CORNU_PASSES as they are tried: everything on, each pass off, two off.
inline constexpr const char* kPasses[] = {"", "-merge_scans", "-simplify", "-fuse", "-simplify,-fuse"};

}  // namespace cornu::testing
