#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "cornu/base/api.h"
#include "cornu/device/check.h"
#include "cornu/device/context.h"
#include "cornu/device/machine.h"

namespace cornu::devices {

// The values are the exit status of `cornu doctor`.
enum class GpuState : uint8_t { usable = 0, unusable = 1, absent = 2 };

struct DoctorReport {
  GpuState state = GpuState::absent;
  std::string root_cause;     // of a GPU that cannot be used or is not there
  std::string fix;            // one thing to do about it; may be empty where nothing is wrong
  std::vector<Check> checks;  // the GPU's in order of dependency, then the environment, the CPU, the memory

  int exit_status() const { return static_cast<int>(state); }
};

// Looks and changes nothing: no context, no memory, no initialisation of the runtime.
DoctorReport examine(const Machine& machine, Context& context);
CORNU_API DoctorReport examine();

// The verdict with its root cause first, then a line for each check.
CORNU_API std::string to_text(const DoctorReport& report);
// {"gpu", "exit_status", "root_cause", "fix", "checks": [{"status", "name", "fact", "fix"}]}
CORNU_API nlohmann::ordered_json to_json(const DoctorReport& report);

}  // namespace cornu::devices
