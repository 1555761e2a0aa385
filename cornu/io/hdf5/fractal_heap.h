#pragma once

#include "cornu/io/hdf5/image.h"

namespace cornu::io::hdf5 {

// The newer heap, which holds the links or attributes of an object that has many.
class FractalHeap {
 public:
  FractalHeap(const Image& image, uint64_t address);
  // The bytes behind an id, as the index's records give it.
  Cursor object(std::span<const std::byte> id) const;
  uint16_t id_size() const { return id_size_; }

 private:
  uint64_t row_size(uint64_t row) const { return row < 2 ? first_size_ : first_size_ << (row - 1); }
  Cursor managed(uint64_t offset, uint64_t length) const;

  const Image& image_;
  uint16_t id_size_ = 0, table_width_ = 0;
  int offset_width_ = 0, length_width_ = 0;
  uint64_t first_size_ = 0, largest_direct_ = 0, root_ = kUndefined;
  uint16_t root_rows_ = 0;
};

}  // namespace cornu::io::hdf5
