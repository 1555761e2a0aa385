#include "cornu/io/hdf5/fractal_heap.h"

#include <algorithm>
#include <bit>

#include "cornu/io/hdf5/btree2.h"

namespace cornu::io::hdf5 {
namespace {

Cursor in_block(const Image& image, uint64_t block, uint64_t offset, uint64_t length) {
  Cursor at = image.at(block, "a heap's object");
  at.skip(offset);
  return at.part(length);
}

}  // namespace

FractalHeap::FractalHeap(const Image& image, uint64_t address) : image_(image) {
  Cursor at = image.at(address, "a fractal heap");
  at.expect("FRHP");
  at.skip(1);
  id_size_ = at.u16();
  const uint16_t filters = at.u16();
  if (filters != 0) throw image.unsupported("a compressed fractal heap");
  at.skip(1);
  const uint32_t largest_object = at.u32();
  at.length();                              // next huge object
  at.address();                             // huge objects
  at.length();                              // free space
  at.address();                             // its manager
  for (int i = 0; i < 8; ++i) at.length();  // statistics
  table_width_ = at.u16();
  first_size_ = at.length();
  largest_direct_ = at.length();
  const uint16_t heap_bits = at.u16();
  at.skip(2);  // rows that the root begins with
  root_ = at.address();
  root_rows_ = at.u16();
  if (table_width_ == 0 || !std::has_single_bit(first_size_) || !std::has_single_bit(largest_direct_) || heap_bits > 64 ||
      largest_direct_ > uint64_t{1} << 32 || first_size_ > largest_direct_ || root_rows_ > 64)
    throw image.damaged("a fractal heap of impossible sizes");
  offset_width_ = (heap_bits + 7) / 8;
  length_width_ = std::min((static_cast<int>(std::bit_width(largest_direct_ - 1)) + 7) / 8, bytes_to_hold(largest_object));
}

Cursor FractalHeap::object(std::span<const std::byte> id) const {
  Cursor at(image_, id, "a heap's id");
  const uint8_t first = at.u8();
  constexpr int kManaged = 0, kTiny = 2;
  const int kind = first >> 4 & 3;
  if (kind == kTiny && id_size_ <= 18) return at.part((first & 15) + 1u);
  if (kind != kManaged) throw image_.unsupported("a huge link or attribute");
  const uint64_t offset = at.number(offset_width_);
  return managed(offset, at.number(length_width_));
}

// Objects are addressed in one space that the blocks divide among them: rows of `table_width` blocks, the sizes
// doubling from the third row on. A block too large to be direct is itself such a table.
Cursor FractalHeap::managed(uint64_t offset, uint64_t length) const {
  if (root_rows_ == 0) {
    if (root_ == kUndefined) throw image_.damaged("a heap's id points outside the heap");
    return in_block(image_, root_, offset, length);
  }
  uint64_t table = root_, rows = root_rows_;
  for (int depth = 0; depth < 32; ++depth) {
    uint64_t row = 0, start = 0;
    for (; row < rows; ++row) {
      if (static_cast<uint64_t>(std::bit_width(first_size_)) + row > 40) throw image_.damaged("a heap beyond any file");
      const uint64_t extent = row_size(row) * table_width_;
      if (offset < start + extent) break;
      start += extent;
    }
    if (row == rows) break;
    const uint64_t size = row_size(row), column = (offset - start) / size;
    offset -= start + column * size;
    Cursor at = image_.at(table, "a heap's table of blocks");
    at.expect("FHIB");
    at.skip(1);
    at.address();
    at.skip(static_cast<uint64_t>(offset_width_));
    at.skip((row * table_width_ + column) * static_cast<uint64_t>(image_.address_width));
    const uint64_t block = at.address();
    if (size <= largest_direct_) {
      if (length > size - offset) break;
      return in_block(image_, block, offset, length);
    }
    table = block;
    rows = static_cast<uint64_t>(std::bit_width(size) - std::bit_width(first_size_ * table_width_)) + 1;
  }
  throw image_.damaged("a heap's id points outside the heap");
}

}  // namespace cornu::io::hdf5
