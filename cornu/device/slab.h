#pragma once

#include <cstddef>
#include <memory>

namespace cornu::devices {

// Memory that stays, for variables: what is asked for one after another lies one after another, 64-byte aligned and all zeros, so
// that an update walks few pages. A slab is freed with the last of its pieces; a large piece is one of its own.
std::shared_ptr<std::byte> allocate_in_slab(std::size_t bytes);

}  // namespace cornu::devices
