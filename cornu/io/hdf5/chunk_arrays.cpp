#include <bit>
#include <numeric>

#include "cornu/io/hdf5/chunks.h"

namespace cornu::io::hdf5 {
namespace {

// Entries of an array index come in the order of the grid as it is when the dataset has grown to its largest; an axis
// without limit counts as the outermost.
class ArrayEntries {
 public:
  ArrayEntries(const Image& image, const ChunkGrid& grid, const TakeEntry& take)
      : image_(image), budget_(image), grid_(grid), take_(take), places_(grid.dims.size()), axes_(grid.dims.size()) {
    std::iota(axes_.begin(), axes_.end(), size_t{0});
    for (size_t axis = 0; axis < axes_.size(); ++axis)
      if (grid.max_counts[axis] < 0)
        std::rotate(axes_.begin(), axes_.begin() + static_cast<ptrdiff_t>(axis),
                    axes_.begin() + static_cast<ptrdiff_t>(axis) + 1);
  }

  void set_form(int client, int entry_size) {
    filtered_ = client == 1;
    size_width_ = entry_size - image_.address_width - 4;
    const bool right = filtered_ ? size_width_ >= 1 && size_width_ <= 8 : entry_size == image_.address_width;
    if (client > 1 || !right) throw image_.damaged("a chunk index of entries of {} bytes", entry_size);
    entry_size_ = static_cast<uint64_t>(entry_size);
  }

  uint64_t entry_size() const { return entry_size_; }
  uint64_t seen() const { return seen_; }

  void read(Cursor& at, uint64_t count) {
    for (uint64_t i = 0; i < count; ++i) {
      budget_.spend(entry_size_);
      const uint64_t address = at.address();
      const uint64_t stored = filtered_ ? at.number(size_width_) : grid_.chunk_bytes;
      const uint32_t skipped = filtered_ ? at.u32() : 0;
      if (find_places(seen_++)) take_({places_, address, stored, skipped});
    }
  }
  void pass(uint64_t count) { seen_ += count; }

  // A block of entries, or pages of it, each with a check sum. `initialised` has a bit a page.
  void read_block(Cursor& at, uint64_t count, uint64_t page_entries, std::span<const std::byte> initialised) {
    at.skip(4);  // the head's check sum
    for (uint64_t page = 0; count > 0; ++page) {
      const uint64_t here = std::min(count, page_entries);
      const auto bits = initialised[page / 8];
      Cursor entries = at.part(here * entry_size_ + 4);
      if ((bits >> (7 - page % 8) & std::byte{1}) == std::byte{1}) read(entries, here);
      else pass(here);
      count -= here;
    }
  }

 private:
  bool find_places(uint64_t number) {
    for (size_t i = axes_.size(); i-- > 0;) {
      const size_t axis = axes_[i];
      const int64_t count = grid_.max_counts[axis];
      places_[axis] = count < 0 ? number : count == 0 ? 0 : number % static_cast<uint64_t>(count);
      number = count <= 0 ? 0 : number / static_cast<uint64_t>(count);
    }
    return number == 0;
  }

  const Image& image_;
  Budget budget_;
  const ChunkGrid& grid_;
  const TakeEntry& take_;
  std::vector<uint64_t> places_;
  std::vector<size_t> axes_;
  bool filtered_ = false;
  int size_width_ = 0;
  uint64_t entry_size_ = 0, seen_ = 0;
};

// Super block i of an extensible array stands for 2^(i/2) data blocks of 2^((i+1)/2) times the least number of entries.
class ExtensibleArray {
 public:
  ExtensibleArray(const Image& image, const ChunkGrid& grid, const TakeEntry& take)
      : image_(image), entries_(image, grid, take) {}

  void read(uint64_t address) {
    Cursor at = image_.at(address, "a chunk index");
    at.expect("EAHD");
    at.skip(1);
    const int client = at.u8();
    entries_.set_form(client, at.u8());
    const int most_bits = at.u8();
    in_index_ = at.u8();
    least_ = at.u8();
    const uint64_t least_pointers = at.u8();
    const int page_bits = at.u8();
    for (int i = 0; i < 4; ++i) at.length();  // statistics
    used_ = at.length();
    at.length();
    const uint64_t index = at.address();
    if (most_bits < 1 || most_bits > 64 || page_bits > 32 || !std::has_single_bit(least_) || !std::has_single_bit(least_pointers))
      throw image_.damaged("a chunk index of impossible sizes");
    offset_width_ = static_cast<uint64_t>(most_bits + 7) / 8;
    page_entries_ = uint64_t{1} << page_bits;
    if (index != kUndefined) index_block(index, most_bits, least_pointers);
  }

 private:
  bool done() const { return entries_.seen() >= used_; }

  void index_block(uint64_t address, int most_bits, uint64_t least_pointers) {
    Cursor at = image_.at(address, "a chunk index");
    at.expect("EAIB");
    at.skip(2);
    at.address();
    entries_.read(at, in_index_);
    const int direct = 2 * (static_cast<int>(std::bit_width(least_pointers)) - 1);  // super blocks listed in place
    const int supers = most_bits - static_cast<int>(std::bit_width(least_)) + 2;
    for (int super = 0; super < std::min(supers, 63) && !done(); ++super) {
      const uint64_t blocks = uint64_t{1} << (super / 2), count = least_ << ((super + 1) / 2);
      if (super < direct) {
        for (uint64_t i = 0; i < blocks && !done(); ++i) data_block(at.address(), count, all_pages_);
      } else {
        super_block(at.address(), blocks, count);
      }
    }
  }

  void super_block(uint64_t address, uint64_t blocks, uint64_t count) {
    if (address == kUndefined) return entries_.pass(blocks * count);
    Cursor at = image_.at(address, "a chunk index");
    at.expect("EASB");
    at.skip(2);
    at.address();
    at.skip(offset_width_);
    const uint64_t pages = count > page_entries_ ? count / page_entries_ : 0, mask_size = (pages + 7) / 8;
    Cursor masks = at.part(mask_size * blocks);
    for (uint64_t i = 0; i < blocks && !done(); ++i) data_block(at.address(), count, masks.take(mask_size));
  }

  void data_block(uint64_t address, uint64_t count, std::span<const std::byte> pages) {
    if (address == kUndefined) return entries_.pass(count);
    Cursor at = image_.at(address, "a chunk index");
    at.expect("EADB");
    at.skip(2);
    at.address();
    at.skip(offset_width_);
    if (count <= page_entries_) return entries_.read(at, count);
    if (pages.size() < (count / page_entries_ + 7) / 8) throw image_.damaged("a chunk index without its pages");
    entries_.read_block(at, count, page_entries_, pages);
  }

  const Image& image_;
  ArrayEntries entries_;
  uint64_t in_index_ = 0, least_ = 0, used_ = 0, offset_width_ = 0, page_entries_ = 0;
  std::span<const std::byte> all_pages_;
};

}  // namespace

void visit_fixed_array(const Image& image, const DataLayout& layout, const ChunkGrid& grid, const TakeEntry& take) {
  ArrayEntries entries(image, grid, take);
  Cursor head = image.at(layout.address, "a chunk index");
  head.expect("FAHD");
  head.skip(1);
  const int client = head.u8();
  entries.set_form(client, head.u8());
  const int page_bits = head.u8();
  const uint64_t count = head.length(), address = head.address();
  if (address == kUndefined) return;
  if (page_bits > 32 || count > image.file.size) throw image.damaged("a chunk index of {} entries", count);
  Cursor at = image.at(address, "a chunk index");
  at.expect("FADB");
  at.skip(2);
  at.address();
  const uint64_t page_entries = uint64_t{1} << page_bits;
  if (count <= page_entries) return entries.read(at, count);
  const uint64_t pages = (count + page_entries - 1) / page_entries;
  const auto initialised = at.take((pages + 7) / 8);
  entries.read_block(at, count, page_entries, initialised);
}

void visit_extensible_array(const Image& image, const DataLayout& layout, const ChunkGrid& grid, const TakeEntry& take) {
  ExtensibleArray(image, grid, take).read(layout.address);
}

}  // namespace cornu::io::hdf5
