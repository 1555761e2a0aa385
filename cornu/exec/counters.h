#pragma once

#include <atomic>
#include <cstdint>

#include "cornu/base/api.h"

namespace cornu::exec {

// What the engine has done since the process started; tests read them to see that nothing was done twice.
struct Counters {
  std::atomic<int64_t> traces{0};        // functions traced
  std::atomic<int64_t> compilations{0};  // programs compiled (a program found in the cache does not count)
  std::atomic<int64_t> launches{0};      // program runs
};
CORNU_API Counters& counters();

}  // namespace cornu::exec
