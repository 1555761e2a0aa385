#include "cornu/io/host_array.h"

#include <new>

namespace cornu::io {

std::shared_ptr<std::byte> allocate_host(size_t bytes) {
  constexpr std::align_val_t kAlignment{64};
  auto* memory = static_cast<std::byte*>(::operator new(bytes, kAlignment));
  return {memory, [](std::byte* p) { ::operator delete(p, kAlignment); }};
}

}  // namespace cornu::io
