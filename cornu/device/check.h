#pragma once

#include <cstdint>
#include <string>

namespace cornu::devices {

enum class CheckStatus : uint8_t { ok, warn, fail, skip };

// One line of the doctor: what was looked at, what was found, and one thing to do about it.
struct Check {
  CheckStatus status = CheckStatus::ok;
  std::string name;
  std::string fact;
  std::string fix = {};
};

}  // namespace cornu::devices
