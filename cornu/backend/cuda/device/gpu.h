#pragma once

#include <mutex>

#include "cornu/backend/cuda/library/driver.h"

namespace cornu::cuda {

// A card in use: its primary context, which libraries share, made at the first use and kept to the end of the process.
class Gpu {
 public:
  // DeviceError if the driver refuses. The number is the driver's, after CUDA_VISIBLE_DEVICES.
  static Gpu& at(int ordinal);

  // What this thread calls from now on is for this card.
  void make_current() const;
  // The same for the end of something: a card that is lost has ended it already.
  void make_current_if_possible() const noexcept;
  // Held while a stream of the card's is recorded, and by who waits for all of its work: the driver allows no such wait meanwhile.
  [[nodiscard]] std::unique_lock<std::mutex> recording() const { return std::unique_lock(recording_); }
  int ordinal() const { return device_; }
  int attribute(CUdevice_attribute which) const;

 private:
  explicit Gpu(int ordinal);

  CUdevice device_ = 0;
  CUcontext context_ = nullptr;
  mutable std::mutex recording_;
};

}  // namespace cornu::cuda
