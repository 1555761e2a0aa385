#pragma once

#include "cornu/base/timeline.h"

namespace cornu::plan {

// While the timeline records, the first runs of each program are noted kernel by kernel.
class TracedRuns {
 public:
  bool next() { return timeline::recording() && count_ < kMost && ++count_; }

 private:
  static constexpr int kMost = 8;
  int count_ = 0;
};

}  // namespace cornu::plan
