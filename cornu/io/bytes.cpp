#include "cornu/io/bytes.h"

namespace cornu::io {
namespace {

template <class T>
void swap_all(std::byte* to, const std::byte* from, size_t elements) {
  constexpr auto kOther = std::endian::native == std::endian::little ? std::endian::big : std::endian::little;
  for (size_t i = 0; i < elements; ++i) {
    const T value = load<T>(from + i * sizeof(T), kOther);
    std::memcpy(to + i * sizeof(T), &value, sizeof(T));
  }
}

}  // namespace

void copy_swapped(std::byte* to, const std::byte* from, size_t elements, int element_size) {
  switch (element_size) {
    case 1: return swap_all<uint8_t>(to, from, elements);
    case 2: return swap_all<uint16_t>(to, from, elements);
    case 4: return swap_all<uint32_t>(to, from, elements);
    case 8: return swap_all<uint64_t>(to, from, elements);
  }
  CORNU_CHECK(false, "elements of {} bytes", element_size);
}

}  // namespace cornu::io
