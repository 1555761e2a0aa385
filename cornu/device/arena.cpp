#include "cornu/device/arena.h"

#include <sys/mman.h>

#include "cornu/base/errors.h"
#include "cornu/device/array.h"
#include "cornu/device/memory_stats.h"

namespace cornu::devices {
namespace {

constexpr std::size_t kLargestRange = std::size_t{1} << 40, kSmallestRange = std::size_t{1} << 30;
constexpr std::size_t kStep = std::size_t{1} << 20;

}  // namespace

Arena::Arena() {
  // Address space costs nothing; a limit on it (ulimit -v) makes the range smaller.
  for (range_ = kLargestRange; range_ >= kSmallestRange; range_ /= 2) {
    void* at = mmap(nullptr, range_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED) continue;
    base_ = static_cast<std::byte*>(at);
    return;
  }
  throw error<ResourceExhaustedError>("No address space is left for scratch memory: {} MiB were refused. Raise `ulimit -v`.",
                                      kSmallestRange >> 20);
}

Arena::~Arena() {
  munmap(base_, range_);
  host_memory().remove(usable_);
}

void Arena::reserve(std::size_t bytes) {
  if (bytes <= usable_) return;
  const std::size_t wanted = (bytes + kStep - 1) / kStep * kStep;
  if (wanted > range_ || mprotect(base_, wanted, PROT_READ | PROT_WRITE) != 0)
    throw error<ResourceExhaustedError>(
        "A program needs {} MiB of scratch memory and the system refuses them ({} MiB in use). "
        "Try a smaller batch size.",
        wanted >> 20, host_memory().info().current >> 20);
  host_memory().add(wanted - usable_);
  usable_ = wanted;
}

}  // namespace cornu::devices
