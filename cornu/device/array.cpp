#include "cornu/device/array.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "cornu/base/errors.h"
#include "cornu/device/context.h"
#include "cornu/device/machine.h"

namespace cornu::devices {
namespace {

constexpr std::size_t kAlignment = 64;

std::size_t padded(std::size_t bytes) { return (std::max<std::size_t>(bytes, 1) + kAlignment - 1) / kAlignment * kAlignment; }

[[noreturn]] void refuse(std::size_t bytes) {
  throw error<ResourceExhaustedError>(
      "One array needs {} MiB of memory. {} MiB are available, Cornu holds {} MiB. Try a smaller model or batch size, or fewer "
      "arrays.",
      bytes >> 20, Machine().memory_mib("MemAvailable"), host_memory().info().current >> 20);
}

// The system promises more memory than there is and ends the process that takes it. Only a large piece is worth the question.
void check_available(std::size_t bytes) {
  constexpr std::size_t kLarge = std::size_t{256} << 20;
  if (bytes < kLarge) return;
  const int64_t available = Machine().memory_mib("MemAvailable");
  if (available > 0 && static_cast<int64_t>(bytes >> 20) > available) refuse(bytes);
}

// Memory that counts, at the first aligned address in a block that is as much larger; `release` takes the block.
template <class Release>
std::shared_ptr<std::byte> counted(void* block, std::size_t bytes, std::size_t alignment, Release release) {
  const auto address = reinterpret_cast<std::uintptr_t>(block);
  std::byte* at = static_cast<std::byte*>(block) + ((address + alignment - 1) / alignment * alignment - address);
  host_memory().add(bytes);
  return {at, [=](std::byte*) {
            host_memory().remove(bytes);
            release(block);
          }};
}

// Pages of 2 MiB: first touches, and later walks, cost a fraction of what they do on small ones.
std::shared_ptr<std::byte> map_zeros(std::size_t bytes) {
  constexpr std::size_t kHugePage = std::size_t{2} << 20;
  const std::size_t mapped = bytes + kHugePage;
  void* block = ::mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (block == MAP_FAILED) refuse(bytes);
  auto memory = counted(block, bytes, kHugePage, [mapped](void* at) { ::munmap(at, mapped); });
  (void)::madvise(memory.get(), bytes, MADV_HUGEPAGE);  // a wish
  return memory;
}

}  // namespace

// Found once, for good: memory outlives any configuration, also one without a visible CPU.
MemoryStats& host_memory() {
  static const auto& counts = *[] {
    initialize("the first tensor");
    const Device* const cpu = Context::current().find("CPU", 0);
    return new std::shared_ptr<MemoryStats>(cpu ? cpu->counts : std::make_shared<MemoryStats>());
  }();
  return *counts;
}

std::shared_ptr<std::byte> allocate_memory(std::size_t bytes) {
  const std::size_t size = padded(bytes);
  check_available(size);
  void* block = std::aligned_alloc(kAlignment, size);
  if (!block) refuse(size);
  auto memory = counted(block, size, kAlignment, std::free);
  std::memset(memory.get() + bytes, 0, size - bytes);
  return memory;
}

std::shared_ptr<std::byte> allocate_zeros(std::size_t bytes) {
  constexpr std::size_t kWorthMapping = std::size_t{4} << 20;
  const std::size_t size = padded(bytes);
  check_available(size);
  if (size >= kWorthMapping) return map_zeros(size);
  void* block = std::calloc(size + kAlignment, 1);
  if (!block) refuse(size);
  return counted(block, size, kAlignment, std::free);
}

std::shared_ptr<Array> Array::allocate(ir::Spec spec) {
  const auto bytes = static_cast<std::size_t>(ir::bytes_of(spec));
  return std::shared_ptr<Array>(new Array(std::move(spec), allocate_memory(bytes)));
}

std::shared_ptr<Array> Array::wrap(ir::Spec spec, std::shared_ptr<std::byte> memory) {
  return std::shared_ptr<Array>(new Array(std::move(spec), std::move(memory)));
}

}  // namespace cornu::devices
