#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>

#include "cornu/device/array.h"

namespace cornu::exec {

// The value of a slot in another form, a library's layout of a weight, for all programs that read it so. It may be of an earlier
// version of the slot: `version` says, and who reads it makes it anew under the mutex.
struct Form {
  explicit Form(std::size_t bytes) : memory(devices::allocate_memory(bytes)) {}
  std::shared_ptr<std::byte> memory;
  std::mutex mutex;
  std::atomic<uint64_t> version{0};
};

// The memory of a variable, zero at first: it is never moved. A read outside a trace gives a snapshot; a write first lets the
// snapshots that still live move to a copy of their own. Any number of threads may read while none writes.
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
  void was_written();
  // Another number after each write, larger than that of any write before it, of whatever slot.
  uint64_t version() const { return version_.load(std::memory_order_relaxed); }
  // The form that `key` names; it lives as long as somebody holds it.
  std::shared_ptr<Form> form(const std::string& key, std::size_t bytes);

 private:
  std::shared_ptr<devices::Array> storage_;
  std::atomic<uint64_t> version_;
  std::mutex mutex_;
  std::weak_ptr<devices::Array> snapshot_;
  std::map<std::string, std::weak_ptr<Form>> forms_;
};

}  // namespace cornu::exec
