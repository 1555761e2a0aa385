#pragma once

#include <cstddef>
#include <cstdint>

namespace cornu::devices {

// Where an allocator gets a device's memory: a card, or in tests the host. Addresses are the device's; nobody reads through them.
class MemorySource {
 public:
  virtual ~MemorySource() = default;
  // Memory comes in multiples of so many bytes, a power of two.
  virtual std::size_t granule() const = 0;
  // Bytes that could be taken now.
  virtual std::size_t available() const = 0;
  // Has it addresses apart from memory? Otherwise `reserve` takes the memory at once, and `map` and `unmap` are not called.
  virtual bool has_virtual_memory() const = 0;
  // Addresses, 0 if there are none; `give_back` wants what `reserve` gave.
  virtual uintptr_t reserve(std::size_t bytes) = 0;
  virtual void give_back(uintptr_t at, std::size_t bytes) = 0;
  // Memory behind reserved addresses; false if the device has none left. Any mapped part may be unmapped, in whole granules.
  virtual bool map(uintptr_t at, std::size_t bytes) = 0;
  virtual void unmap(uintptr_t at, std::size_t bytes) = 0;
  // Waits until the device has done all that it was asked to: before memory that its work may still use goes.
  virtual void finish_work() {}
};

}  // namespace cornu::devices
