#pragma once

#include <memory>
#include <mutex>

#include "cornu/base/threads.h"
#include "cornu/device/arena.h"
#include "cornu/ir/lowering.h"

namespace cornu::devices {

// An arena and an order of runs: all programs on a stream share its scratch, one at a time.
class Stream {
 public:
  explicit Stream(int threads) : threads_(threads) {}
  Arena& arena() { return arena_; }
  ir::StatusWord& status() { return status_; }
  int threads() const { return threads_; }

 private:
  friend class StreamLease;
  std::mutex mutex_;
  Arena arena_;
  ir::StatusWord status_;
  const int threads_;
};

// Holds a stream for a run. The first caller gets the main stream and the whole thread team; whoever comes while it is taken
// gets another, with an arena of its own and one thread.
class StreamLease {
 public:
  StreamLease();
  ~StreamLease();
  StreamLease(const StreamLease&) = delete;
  StreamLease& operator=(const StreamLease&) = delete;
  Stream& operator*() const { return *stream_; }
  Stream* operator->() const { return stream_; }

 private:
  Stream* stream_;
  FlushDenormals flush_denormals_;  // the caller's mode comes back at the end
};

}  // namespace cornu::devices
