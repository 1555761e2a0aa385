#include "cornu/io/hdf5/global_heap.h"

namespace cornu::io::hdf5 {

std::span<const std::byte> GlobalHeap::object(uint64_t address, uint32_t index) {
  auto known = collections_.find(address);
  if (known == collections_.end()) known = collections_.emplace(address, parse(address)).first;
  const auto found = known->second.find(index);
  if (found == known->second.end()) throw image_.damaged("the global heap has no object {}", index);
  return found->second;
}

GlobalHeap::Collection GlobalHeap::parse(uint64_t address) {
  Cursor head = image_.at(address, "the global heap");
  const size_t before = head.left();
  head.expect("GCOL");
  head.skip(4);
  const uint64_t size = head.length(), used = before - head.left();
  if (size < used) throw image_.damaged("a global heap of {} bytes", size);
  Cursor at = head.part(size - used);
  budget_.spend(size);
  Collection objects;
  const size_t object_head = 8 + static_cast<size_t>(image_.length_width);
  while (at.left() >= object_head) {
    const uint16_t index = at.u16();
    at.skip(6);
    const uint64_t bytes = at.length();
    if (index == 0) break;  // the free rest
    objects.emplace(index, at.take(bytes));
    at.skip(std::min<uint64_t>((8 - bytes % 8) % 8, at.left()));
  }
  return objects;
}

}  // namespace cornu::io::hdf5
