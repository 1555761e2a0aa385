#pragma once

#include <string>
#include <vector>

#include "cornu/base/api.h"
#include "cornu/device/check.h"
#include "cornu/device/context.h"
#include "cornu/device/machine.h"

namespace cornu::devices {

// From the card on the bus to the backend's own checks, in order of dependency. The first failure is the root cause;
// what depends on it is skipped. Without any trace of a GPU nothing fails.
std::vector<Check> gpu_checks(const Machine& machine, Context& context);

// One line, without a full stop: why nothing runs on a GPU; empty if something can. For fit's notice.
std::string why_no_gpu(const Machine& machine, Context& context);
CORNU_API std::string why_no_gpu();

}  // namespace cornu::devices
