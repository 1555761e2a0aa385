#pragma once

#include <string>

#include "cornu/backend/cuda/doctor/probe.h"
#include "cornu/backend/cuda/library/driver.h"
#include "cornu/device/check.h"

namespace cornu::cuda {

// CUDA 12.0: the first driver that has all entry points that we use and runs what today's compilers make.
inline constexpr int kOldestDriver = 12000;
inline constexpr std::pair<int, int> kOldestCard = {7, 5};

// "13.0" of 13000.
std::string version_text(int version);

// A question to the driver that did not come back.
devices::Check diagnose_end(const Answer& answer);
// What an answer of cuInit means and what to do about it. Without a device it is no failure of the driver: a skipped check.
devices::Check diagnose_init(unsigned answer, const std::string& libcuda);
// A driver's library that cannot be used, or is too old.
devices::Check diagnose_library(const Opened<Driver>& driver);
devices::Check diagnose_version(int version, const std::string& libcuda);

}  // namespace cornu::cuda
