#include "cornu/device/slab.h"

#include <algorithm>
#include <mutex>

#include "cornu/device/array.h"

namespace cornu::devices {
namespace {

constexpr std::size_t kSlab = 256 * 1024, kLargePiece = kSlab / 4, kAlignment = 64;

class Slabs {
 public:
  std::shared_ptr<std::byte> take(std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    auto memory = open_.lock();
    if (!memory || used_ + bytes > kSlab) {
      memory = allocate_zeros(kSlab);
      open_ = memory;
      used_ = 0;
    }
    std::byte* piece = memory.get() + used_;
    used_ += bytes;
    return {std::move(memory), piece};
  }

 private:
  std::mutex mutex_;
  std::weak_ptr<std::byte> open_;  // its pieces keep it
  std::size_t used_ = 0;
};

}  // namespace

std::shared_ptr<std::byte> allocate_in_slab(std::size_t bytes) {
  static Slabs& slabs = *new Slabs;  // never destroyed: variables may outlive main
  if (bytes >= kLargePiece) return allocate_zeros(bytes);
  return slabs.take((std::max<std::size_t>(bytes, 1) + kAlignment - 1) / kAlignment * kAlignment);
}

}  // namespace cornu::devices
