#pragma once

#include <memory>

#include "cornu/backend/cuda/device/gpu.h"
#include "cornu/device/fence.h"

namespace cornu::cuda {

// An order of work on a card. Calls are made by one thread at a time, in the card's context.
class Stream {
 public:
  // Of lower priorities more urgent ones go first.
  explicit Stream(const Gpu& gpu, int priority = 0);
  ~Stream();  // what it was given is still done
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  CUstream handle() const { return stream_; }
  const Gpu& gpu() const { return gpu_; }
  void wait() const;
  // The point behind what it was given so far.
  std::shared_ptr<devices::Fence> fence() const;

 private:
  const Gpu& gpu_;
  CUstream stream_ = nullptr;
};

// A point in a stream's order; for a while it is none.
class Event {
 public:
  enum class Timing : unsigned char { off, on };
  explicit Event(const Gpu& gpu, Timing timing = Timing::off);
  ~Event();
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  void record(const Stream& stream);
  // What the stream is given from here on comes after the last record.
  void hold_back(const Stream& stream) const;
  void wait() const;
  bool has_passed() const;
  // Microseconds of the card between the records of two events, which both have passed.
  double microseconds_since(const Event& earlier) const;

 private:
  const Gpu& gpu_;
  CUevent event_ = nullptr;
};

}  // namespace cornu::cuda
