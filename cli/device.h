#pragma once

#include <memory>
#include <string>

#include "cli/command.h"

namespace cornu::cli {

// --device auto|cpu|gpu:N
std::shared_ptr<std::string> add_device_option(CLI::App& verb);
// Makes it the only device that is used. DeviceError: it is not there, with the reason.
void choose_device(const std::string& option);

// "/CPU:0" for cpu, "/GPU:1" for gpu:1, "/GPU:0" for gpu. UsageError: anything else.
std::string device_name(const std::string& option);
// One sentence that says why there is no such device; empty if there is one.
std::string why_missing(const std::string& device_name);

}  // namespace cornu::cli
