#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace virtual_gpu {

// What CUPTI tells of a piece of work.
struct Activity {
  enum class Kind { none, kernel, copy, fill };
  Kind kind = Kind::none;
  std::string name;    // of a kernel
  unsigned copy_kind;  // CUPTI's number
  std::size_t bytes;   // of a copy or a fill
  // Filled in where the work is done:
  uint64_t begin = 0, end = 0;  // nanoseconds
  unsigned device = 0, stream = 0;
};
using Observer = std::function<void(const Activity&)>;

}  // namespace virtual_gpu
