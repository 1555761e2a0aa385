#include "cornu/device/runtime.h"

#include <algorithm>

namespace cornu::devices {

// The old memory goes first, so that both need never be there at once. The device may still work in it.
uintptr_t Runtime::scratch(std::size_t bytes) {
  if (bytes > scratch_bytes_) {
    wait();
    scratch_bytes_ = 0;
    scratch_ = Allocator::Piece();
    scratch_ = memory().allocate(bytes, "scratch");
    scratch_bytes_ = bytes;
  }
  return scratch_.address();
}

bool Runtime::make_room_for(const Tenant& tenant) {
  return std::ranges::any_of(tenants_, [&](Tenant* other) { return other != &tenant && other->leave(); });
}

}  // namespace cornu::devices
