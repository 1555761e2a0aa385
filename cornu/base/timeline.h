#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cornu/base/api.h"

// Named spans of time, kept while somebody records them (`cornu train --profile`). Costs a test of a flag otherwise.
namespace cornu::timeline {

struct Event {
  std::string name;      // "train_step", "onednn matmul [brg:avx512_core]"
  const char* category;  // "trace", "compile", "run", "kernel"
  int64_t begin, end;    // nanoseconds since the recording began
  int thread;            // 0, 1, ... in the order of their first events
};

CORNU_API void start();
// What was recorded since `start`, in the order in which it ended; nothing more is recorded.
CORNU_API std::vector<Event> stop();
bool recording();

// The span from here to the end of the block; of no effect unless `wanted`.
class Span {
 public:
  template <class Name>
  Span(bool wanted, const char* category, Name&& name) : category_(category) {
    if (wanted) begin(name());
  }
  ~Span() {
    if (begin_ >= 0) finish();
  }
  Span(const Span&) = delete;
  Span& operator=(const Span&) = delete;

 private:
  void begin(std::string name);
  void finish();

  const char* category_;
  std::string name_;
  int64_t begin_ = -1;
};

}  // namespace cornu::timeline
