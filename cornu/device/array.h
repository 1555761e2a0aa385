#pragma once

#include <cstddef>
#include <memory>

#include "cornu/ir/node.h"

namespace cornu::devices {

// Memory of a tensor: dense, row-major, 64-byte aligned unless it was given by a caller.
class Array final : public ir::Data {
 public:
  // Undefined contents; the bytes after the last element up to the alignment are zero.
  static std::shared_ptr<Array> allocate(ir::Spec spec);
  // Memory of somebody else, kept alive by the pointer.
  static std::shared_ptr<Array> wrap(ir::Spec spec, std::shared_ptr<std::byte> memory);

  const ir::Spec& spec() const { return spec_; }
  std::byte* bytes() const { return memory_.get(); }
  template <class T>
  T* as() const {
    return reinterpret_cast<T*>(memory_.get());
  }
  std::size_t size_bytes() const { return static_cast<std::size_t>(ir::bytes_of(spec_)); }
  const std::shared_ptr<std::byte>& memory() const { return memory_; }
  // Lets a snapshot move to memory of its own before the variable it shows is overwritten.
  void move_to(std::shared_ptr<std::byte> memory) { memory_ = std::move(memory); }

 private:
  Array(ir::Spec spec, std::shared_ptr<std::byte> memory) : spec_(std::move(spec)), memory_(std::move(memory)) {}
  ir::Spec spec_;
  std::shared_ptr<std::byte> memory_;
};

class MemoryStats;
// The statistics of the host's memory (CPU:0). Initialises the runtime.
MemoryStats& host_memory();
// Aligned memory that counts in the device's statistics.
std::shared_ptr<std::byte> allocate_memory(std::size_t bytes);
// The same, all zeros: the system gives a large piece page by page, as each is first touched.
std::shared_ptr<std::byte> allocate_zeros(std::size_t bytes);

}  // namespace cornu::devices
