#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "cornu/device/allocator.h"
#include "cornu/device/array.h"

namespace cornu::devices {
struct Device;
}

namespace cornu::exec {

// The value of a slot in another form, a library's layout of a weight, for all programs that read it so. It may be of an earlier
// version of the slot: `version` says, and who reads it makes it anew under the mutex.
struct Form {
  explicit Form(std::size_t bytes) : memory(devices::allocate_memory(bytes)) {}
  std::shared_ptr<std::byte> memory;
  std::mutex mutex;
  std::atomic<uint64_t> version{0};
};

// The memory of a variable, zero at first: it is never moved. Programs of a card work on copies there; whoever reads here gets the
// newest value, wherever it was written. A read outside a trace gives a snapshot; a write first lets the
// snapshots that still live move to a copy of their own. Any number of threads may read while none writes.
class Slot {
 public:
  explicit Slot(const ir::Spec& spec);
  virtual ~Slot() = default;
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;

  const ir::Spec& spec() const { return storage_->spec(); }
  std::byte* memory() const {
    bring_home();
    return storage_->bytes();
  }
  // The current value, for as long as the pointer lives.
  std::shared_ptr<devices::Array> snapshot();
  // Called before anything writes to memory(), all of it or after it was brought home: what is newer elsewhere, or was on a device
  // that is lost, counts no longer.
  void about_to_be_written();
  void was_written();
  // The same for a run on a device. Its runtime is held by the caller, as for `on`.
  void about_to_be_written_there();
  void was_written_on(devices::Device& device);
  // The slot's memory on a device with its newest value; it stays for as long as the slot lives. 0 where that value is on another device:
  // it has to be brought home first.
  uintptr_t on(devices::Device& device);
  bool is_newest_elsewhere(const devices::Device& device) const {
    const devices::Device* const newest = newest_.load(std::memory_order_acquire);
    return newest && newest != &device;
  }
  // Makes memory() current, if the newest value is on a device.
  void bring_home() const {
    if (newest_.load(std::memory_order_acquire)) copy_home();
  }
  // Another number after each write, larger than that of any write before it, of whatever slot.
  uint64_t version() const { return version_.load(std::memory_order_relaxed); }
  // The form that `key` names; it lives as long as somebody holds it.
  std::shared_ptr<Form> form(const std::string& key, std::size_t bytes);

 private:
  struct Copy {
    devices::Device* device;
    devices::Allocator::Piece piece;
    uint64_t version;  // of the slot, when they were equal
  };
  void copy_home() const;
  Copy& copy_on(devices::Device& device);
  void move_snapshots();

  std::shared_ptr<devices::Array> storage_;
  std::atomic<uint64_t> version_;
  mutable std::mutex mutex_;
  mutable std::atomic<devices::Device*> newest_{nullptr};  // where the newest value is; nullptr: here
  std::vector<std::unique_ptr<Copy>> copies_;
  std::weak_ptr<devices::Array> snapshot_;
  std::map<std::string, std::weak_ptr<Form>> forms_;
};

}  // namespace cornu::exec
