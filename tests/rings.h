#pragma once

#include <cstdint>
#include <cstdio>

namespace cornu::testing {

// What a test of a ring (docs/gpu-verification.md) has tried, for the sums that `make test` prints.
inline void count(const char* ring, const char* what, int64_t number) {
  std::printf("ring %s %s %lld\n", ring, what, static_cast<long long>(number));
}

}  // namespace cornu::testing
