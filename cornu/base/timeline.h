#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "cornu/base/api.h"

// Named spans of time and amounts over it, kept while somebody records them (`cornu train --profile`). Costs a test of a flag otherwise.
// What happens here is a Span; who knows of events elsewhere (a card's kernels) adds them.
namespace cornu::timeline {

struct Event {
  std::string name;      // "train_step", "onednn matmul [brg:avx512_core]"
  const char* category;  // "trace", "compile", "run", "kernel", "copy"
  int64_t begin, end;    // nanoseconds since the recording began
  int thread = 0;        // 0, 1, ... in the order of their first events; a device's stream
  std::string device;    // "GPU:0"; empty: the host
};
struct Amount {
  std::string name;  // "CPU:0"
  int64_t at;        // nanoseconds since the recording began
  int64_t bytes;
};
struct Recording {
  std::vector<Event> events;  // in the order in which they ended, or became known
  std::vector<Amount> amounts;
  bool is_full = false;  // more happened than is kept
};

// Whether somebody wants spans: the timeline is recorded, or a profiler is told of them.
bool watched();

CORNU_API void start();
// What was recorded since `start`; nothing more is recorded.
CORNU_API Recording stop();
bool recording();

// How a profiler is told; either may be null. Nothing is told before, and from then on all is.
struct Ranges {
  int (*push)(const char* name) = nullptr;
  int (*pop)() = nullptr;
};
void set_ranges(Ranges ranges);

int64_t now();
void add(Event event);
void add(Amount amount);

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
  bool is_told_ = false;
};

}  // namespace cornu::timeline
