#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "cornu/device/allocator.h"
#include "cornu/device/fence.h"

namespace cornu::devices {

// What runs programs on a device that is not the host: memory and one order of work. One thread at a time uses it, who holds it.
class Runtime {
 public:
  virtual ~Runtime() = default;
  [[nodiscard]] std::unique_lock<std::recursive_mutex> hold() { return std::unique_lock(mutex_); }
  virtual Allocator& memory() = 0;
  // What the backend's kernels are given as KernelCall::device.
  virtual void* handle() = 0;
  // In the order of the work; the host's memory may be used again when they return.
  virtual void copy_in(uintptr_t to, const void* from, std::size_t bytes) = 0;
  virtual void copy_out(void* to, uintptr_t from, std::size_t bytes) = 0;
  virtual void wait() = 0;
  // Memory of the host's that the device reads and writes by itself when the turn of a copy comes: until then it is the device's.
  virtual Allocator& pinned_memory() = 0;
  // Into pinned memory; does not wait.
  virtual void start_copy_out(void* to, uintptr_t from, std::size_t bytes) = 0;
  // A point in the order of the work: behind what was given before the last `set`. DeviceError from `wait` where the device is lost.
  class Mark : public Fence {
   public:
    virtual void set() = 0;
  };
  virtual std::unique_ptr<Mark> mark() = 0;
  // From pinned memory, beside the work: from when `behind` has passed. The work that is given from now on comes after it.
  virtual void copy_in_beside(uintptr_t to, const void* from, std::size_t bytes, const Mark& behind) = 0;
  // Within the device's memory, in the order of the work.
  virtual void copy(uintptr_t to, uintptr_t from, std::size_t bytes) = 0;
  // Memory for what lives during one run only, shared by all programs. It moves where one wants more than any before.
  // ResourceExhaustedError, and then there is none.
  uintptr_t scratch(std::size_t bytes);

  // Who keeps memory of the device that it can do without between two runs. Asked by who holds the runtime.
  class Tenant {
   public:
    virtual ~Tenant() = default;
    virtual bool leave() = 0;  // gives its memory back; false where it had none
  };
  void add(Tenant& tenant) { tenants_.push_back(&tenant); }
  void remove(Tenant& tenant) { std::erase(tenants_, &tenant); }
  // Lets the tenant go that was added first and has any memory, this one left alone; false where none has.
  bool make_room_for(const Tenant& tenant);

  // While what it gives lives, the device's work is noted; it goes to the timeline at the end, where all of it has to be done. Empty
  // where a device cannot tell.
  virtual std::shared_ptr<void> trace() { return nullptr; }

  // Work that was recorded once and is launched as a whole.
  class Recording {
   public:
    virtual ~Recording() = default;
    virtual void launch() = 0;
  };
  // Records what `work` gives to the device instead of doing it. It may neither wait nor copy to or from the host.
  virtual std::unique_ptr<Recording> record(const std::function<void()>& work) = 0;

 private:
  std::recursive_mutex mutex_;
  std::vector<Tenant*> tenants_;
  Allocator::Piece scratch_;
  std::size_t scratch_bytes_ = 0;
};

}  // namespace cornu::devices
