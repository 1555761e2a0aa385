#pragma once

#include <cstddef>
#include <vector>

#include "cornu/plan/program.h"

namespace cornu::plan {

// What a run on a device exchanges with the host, in one piece of memory, so that a copy goes each way: the inputs, the status word,
// the results.
struct Exchange {
  static constexpr std::size_t kLeastStaged = 4096;  // less than that is copied as fast as staged
  explicit Exchange(const Program& program);
  // Whether inputs come beside the work of the run before, into memory of their own, and from there when it is over.
  bool is_staged() const { return status > kLeastStaged; }
  std::vector<std::size_t> inputs, results;  // bytes from its start
  std::size_t status = 0, status_end = 0, bytes = 0;
};

std::size_t size_of(const ir::Spec& spec);

}  // namespace cornu::plan
