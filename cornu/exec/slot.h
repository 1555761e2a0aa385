#pragma once

#include <memory>
#include <mutex>

#include "cornu/device/array.h"

namespace cornu::exec {

// The memory of a variable, zero at first: it is never moved. A read outside a trace gives a snapshot; a write first lets the snapshots that
// still live move to a copy of their own. Any number of threads may read while none writes.
class Slot {
 public:
  explicit Slot(const ir::Spec& spec);
  virtual ~Slot() = default;
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;

  const ir::Spec& spec() const { return storage_->spec(); }
  std::byte* memory() const { return storage_->bytes(); }
  // The current value, for as long as the pointer lives.
  std::shared_ptr<devices::Array> snapshot();
  // Called before anything writes to memory().
  void about_to_be_written();

 private:
  std::shared_ptr<devices::Array> storage_;
  std::mutex mutex_;
  std::weak_ptr<devices::Array> snapshot_;
};

}  // namespace cornu::exec
