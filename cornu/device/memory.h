#pragma once

#include <cstdint>
#include <string_view>

#include "cornu/base/api.h"

// The memory of logical devices ("GPU:0", "/device:GPU:1"), beyond what TensorFlow tells of it (config::get_memory_info).
namespace cornu::memory {

// Bytes; what a CPU has not is 0: its memory is the system's.
struct CORNU_API Statistics {
  int64_t current = 0;       // in use
  int64_t peak = 0;          // the most since the start or config::reset_memory_stats
  int64_t cached = 0;        // taken from the device and free
  int64_t largest_free = 0;  // the largest piece that can be had without taking more
  int64_t limit = 0;         // the configured limit, else what the device has; 0 while nothing was allocated
  int64_t allocations = 0;   // a count, since the start
};
// Initialises the runtime. ValueError: no such device.
CORNU_API Statistics get_statistics(std::string_view device);

// Gives cached memory back, so that other processes can have it, and returns its bytes. Without a name all devices give back theirs.
// A device that took its whole limit at once keeps it. ValueError: no such device.
CORNU_API int64_t release_cached();
CORNU_API int64_t release_cached(std::string_view device);

}  // namespace cornu::memory
