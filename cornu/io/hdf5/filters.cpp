#include "cornu/io/hdf5/filters.h"

#include "cornu/io/inflate.h"

namespace cornu::io::hdf5 {
namespace {

constexpr uint64_t kCheckSum = 4;

// Fletcher's sum over big-endian 16-bit words; a sum that is a multiple of 65535 counts as 65535 unless all was zero.
uint32_t fletcher32(std::span<const std::byte> bytes) {
  uint64_t first = 0, second = 0;
  const auto fold = [](uint64_t sum) { return sum == 0 ? 0 : (sum - 1) % 65535 + 1; };
  for (size_t i = 0; i < bytes.size(); i += 2) {
    const auto high = static_cast<uint64_t>(bytes[i]) << 8;
    first += high | (i + 1 < bytes.size() ? static_cast<uint64_t>(bytes[i + 1]) : 0);
    second += first;
    if (i % 512 == 510) first = fold(first), second = fold(second);
  }
  return static_cast<uint32_t>(fold(second) << 16 | fold(first));
}

// Shuffle puts the first bytes of all elements together, then all second bytes, ...; what is over stays at the end.
void unshuffle(std::span<const std::byte> from, std::span<std::byte> to, size_t element_size) {
  const size_t elements = from.size() / element_size, whole = elements * element_size;
  for (size_t b = 0; b < element_size; ++b)
    for (size_t i = 0; i < elements; ++i) to[i * element_size + b] = from[b * elements + i];
  std::copy(from.begin() + static_cast<ptrdiff_t>(whole), from.end(), to.begin() + static_cast<ptrdiff_t>(whole));
}

}  // namespace

FilterPipeline::FilterPipeline(Cursor at) {
  const Image& image = at.image();
  const int version = at.u8(), count = at.u8();
  if (version != 1 && version != 2) throw image.damaged("a filter pipeline of version {}", version);
  if (count > 32) throw image.damaged("a pipeline of {} filters", count);
  if (version == 1) at.skip(6);
  bool deflated = false;
  for (int i = 0; i < count; ++i) {
    const uint16_t id = at.u16();
    const uint16_t name_size = version == 1 || id >= 256 ? at.u16() : 0;
    at.skip(2);  // flags
    const uint16_t parameters = at.u16();
    at.skip(version == 1 ? (name_size + 7u) / 8 * 8 : name_size);
    Cursor values = at.part(4u * parameters);
    if (version == 1 && parameters % 2 == 1) at.skip(4);
    if (id < 1 || id > 3) throw image.unsupported("a dataset with HDF5 filter {} (known: deflate, shuffle, fletcher32)", id);
    Step step{Filter{id}};
    if (step.filter == Filter::shuffle) step.element_size = std::max(1u, values.u32());
    // Twice deflated data could grow by a million.
    if (step.filter == Filter::deflate && std::exchange(deflated, true)) throw image.unsupported("deflating twice");
    steps_.push_back(step);
  }
}

uint64_t FilterPipeline::size_before(size_t step, uint64_t size, uint32_t skipped) const {
  for (size_t i = 0; i < step; ++i)
    if (steps_[i].filter == Filter::fletcher32 && applies(i, skipped)) size += kCheckSum;
  return size;
}

bool FilterPipeline::believable(uint64_t stored, uint64_t size, uint32_t skipped) const {
  for (size_t i = 0; i < steps_.size(); ++i)
    if (steps_[i].filter == Filter::deflate && applies(i, skipped)) return size <= largest_inflated(stored);
  return stored == size_before(steps_.size(), size, skipped);
}

void FilterPipeline::undo(const Image& image, std::span<const std::byte> stored, uint32_t skipped,
                          std::span<std::byte> to) const {
  std::vector<std::byte> now, next;
  std::span<const std::byte> bytes = stored;
  for (size_t i = steps_.size(); i-- > 0;) {
    if (!applies(i, skipped)) continue;
    if (steps_[i].filter == Filter::fletcher32) {
      if (bytes.size() < kCheckSum) throw image.damaged("a chunk has the wrong size");
      const size_t size = bytes.size() - kCheckSum;
      if (fletcher32(bytes.first(size)) != load<uint32_t>(&bytes[size], std::endian::little))
        throw image.damaged("a chunk has the wrong check sum");
      bytes = bytes.first(size);
      continue;
    }
    if (steps_[i].filter == Filter::deflate) {
      next.resize(size_before(i, to.size(), skipped));
      if (!inflate_zlib(bytes, next)) throw image.damaged("a chunk's deflated data");
    } else {
      next.resize(bytes.size());
      unshuffle(bytes, next, steps_[i].element_size);
    }
    now.swap(next);
    bytes = now;
  }
  if (bytes.size() != to.size()) throw image.damaged("a chunk has the wrong size");
  std::copy(bytes.begin(), bytes.end(), to.begin());
}

}  // namespace cornu::io::hdf5
