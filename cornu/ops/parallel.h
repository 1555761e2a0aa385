#pragma once

#include <algorithm>
#include <cstdint>

#include "cornu/base/threads.h"

namespace cornu::ops {

// A thread that has less than this many elements to touch costs more than it brings.
inline constexpr int64_t kWorkOfAThread = 1 << 15;

// Calls run(begin, end) for contiguous blocks of [0, count), one a thread; `work` is what all of them touch together.
// Which block an item falls into must not change results.
template <class F>
void parallel_blocks(int threads, int64_t count, int64_t work, F&& run) {
  const int64_t team = std::min({int64_t(threads), count, work / kWorkOfAThread});
  if (count <= 0) return;
  if (team <= 1) return run(int64_t(0), count);
#pragma omp parallel for num_threads(int(team)) schedule(static, 1)
  for (int64_t block = 0; block < team; ++block) {
    const FlushDenormals flush;
    run(count * block / team, count * (block + 1) / team);
  }
}

}  // namespace cornu::ops
