#pragma once

#include <memory>

#include "cornu/plan/device_run.h"

namespace cornu::exec {

// A run of a program that was started: on a device it may be under way, on the host it is over. Its end waits.
class Run {
 public:
  // So many of one program should be under way at most: an error is told no more steps late.
  static constexpr std::size_t kMost = 8;

  Run() = default;
  explicit Run(std::shared_ptr<plan::DeviceRun> there) : there_(std::move(there)) {}
  ~Run();
  Run(Run&&) noexcept = default;
  Run& operator=(Run&& other) noexcept;

  bool is_over() const { return !there_ || there_->is_over(); }
  // The results are there when it returns. Throws what the status word tells; DeviceError.
  void wait();

 private:
  std::shared_ptr<plan::DeviceRun> there_;  // until somebody waited
};

}  // namespace cornu::exec
