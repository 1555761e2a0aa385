#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <stdexcept>
#include <string>

namespace cornu::cli {

// Each verb adds itself to the program; its callback runs when it was chosen and returns the exit status.
using Run = std::function<int()>;
void add_devices(CLI::App& app, Run& run);
void add_doctor(CLI::App& app, Run& run);
void add_summary(CLI::App& app, Run& run);
void add_train(CLI::App& app, Run& run);
void add_evaluate(CLI::App& app, Run& run);
void add_predict(CLI::App& app, Run& run);
void add_plot(CLI::App& app, Run& run);
void add_compile(CLI::App& app, Run& run);
void add_convert(CLI::App& app, Run& run);
void add_bench(CLI::App& app, Run& run);
void add_cuda(CLI::App& app, Run& run);
void add_api(CLI::App& app, Run& run);

// Wrong usage that CLI11 cannot see: exit status 2.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace cornu::cli
