#pragma once

#include <map>

#include "cornu/io/hdf5/image.h"

namespace cornu::io::hdf5 {

// Collections of numbered objects: where variable-length strings are kept. A collection is parsed once.
class GlobalHeap {
 public:
  explicit GlobalHeap(const Image& image) : image_(image), budget_(image) {}
  std::span<const std::byte> object(uint64_t collection, uint32_t index);

 private:
  using Collection = std::map<uint32_t, std::span<const std::byte>>;
  Collection parse(uint64_t address);

  const Image& image_;
  Budget budget_;
  std::map<uint64_t, Collection> collections_;
};

}  // namespace cornu::io::hdf5
