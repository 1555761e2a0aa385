#include "cornu/device/array.h"

#include <cstdlib>
#include <cstring>

#include "cornu/base/errors.h"
#include "cornu/device/context.h"

namespace cornu::devices {
namespace {

constexpr std::size_t kAlignment = 64;

}  // namespace

MemoryStats& host_memory() {
  // Found once: memory outlives any configuration, also one without a visible CPU.
  static MemoryStats& stats = []() -> MemoryStats& {
    initialize("the first tensor");
    static MemoryStats unlisted;
    Device* cpu = Context::current().find("CPU", 0);
    return cpu ? cpu->memory : unlisted;
  }();
  return stats;
}

std::shared_ptr<std::byte> allocate_memory(std::size_t bytes) {
  const std::size_t padded = (bytes + kAlignment - 1) / kAlignment * kAlignment + (bytes == 0 ? kAlignment : 0);
  void* at = std::aligned_alloc(kAlignment, padded);
  if (!at)
    throw error<ResourceExhaustedError>(
        "{} MiB of memory were refused by the system ({} MiB in use). Try a smaller batch size "
        "or fewer arrays.",
        padded >> 20, host_memory().info().current >> 20);
  std::memset(static_cast<std::byte*>(at) + bytes, 0, padded - bytes);
  host_memory().add(padded);
  return {static_cast<std::byte*>(at), [padded](std::byte* p) {
            host_memory().remove(padded);
            std::free(p);
          }};
}

std::shared_ptr<Array> Array::allocate(ir::Spec spec) {
  const auto bytes = static_cast<std::size_t>(ir::bytes_of(spec));
  return std::shared_ptr<Array>(new Array(std::move(spec), allocate_memory(bytes)));
}

std::shared_ptr<Array> Array::wrap(ir::Spec spec, std::shared_ptr<std::byte> memory) {
  return std::shared_ptr<Array>(new Array(std::move(spec), std::move(memory)));
}

}  // namespace cornu::devices
