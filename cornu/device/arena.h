#pragma once

#include <cstddef>

namespace cornu::devices {

// Scratch memory of a stream: a reserved address range whose front is usable. It grows without moving, so that addresses
// planned for one program stay good when another needs more.
class Arena {
 public:
  Arena();
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  std::byte* base() const { return base_; }
  std::size_t size() const { return usable_; }
  // At least `bytes` are usable afterwards. ResourceExhaustedError when the system refuses.
  void reserve(std::size_t bytes);

 private:
  std::byte* base_ = nullptr;
  std::size_t range_ = 0, usable_ = 0;
};

}  // namespace cornu::devices
