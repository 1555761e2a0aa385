#include "cornu/io/hdf5/btree2.h"

#include <algorithm>
#include <bit>
#include <vector>

namespace cornu::io::hdf5 {
namespace {

constexpr uint32_t kNodeOverhead = 4 + 1 + 1 + 4;  // signature, version, type, check sum

class Tree {
 public:
  Tree(const Image& image, const std::function<void(Cursor)>& visit) : image_(image), budget_(image), visit_(visit) {}

  void walk(uint64_t address) {
    Cursor at = image_.at(address, "a B-tree's header");
    at.expect("BTHD");
    at.skip(2);  // version, type
    node_size_ = at.u32();
    record_size_ = at.u16();
    const uint16_t depth = at.u16();
    at.skip(2);  // when nodes are split and merged
    const uint64_t root = at.address();
    const uint16_t records = at.u16();
    if (record_size_ == 0 || node_size_ <= kNodeOverhead) throw image_.damaged("a B-tree of empty nodes");
    if (depth > 32) throw image_.damaged("a B-tree of depth {}", depth);
    measure(depth);
    if (root != kUndefined) node(root, depth, records);
  }

 private:
  struct Level {
    uint64_t most_records = 0;  // in a node
    uint64_t most_below = 0;    // in a node and all under it
    int count_width = 0, below_width = 0;
  };

  // How wide an internal node writes its children's counts depends on how many records these can hold.
  void measure(int depth) {
    const uint64_t room = node_size_ - kNodeOverhead;
    levels_.push_back({room / record_size_, room / record_size_, 0, 0});
    for (int i = 1; i <= depth; ++i) {
      const Level& child = levels_.back();
      Level level;
      level.count_width = bytes_to_hold(levels_[0].most_records);
      level.below_width = i > 1 ? bytes_to_hold(child.most_below) : 0;
      const uint64_t pointer = static_cast<uint64_t>(image_.address_width + level.count_width + level.below_width);
      level.most_records = room > pointer ? (room - pointer) / (record_size_ + pointer) : 0;
      uint64_t below = 0;
      if (__builtin_mul_overflow(level.most_records + 1, child.most_below, &below) ||
          __builtin_add_overflow(below, level.most_records, &below))
        throw image_.damaged("a B-tree too deep for its nodes");
      level.most_below = below;
      levels_.push_back(level);
    }
  }

  void node(uint64_t address, int depth, uint64_t records) {
    budget_.spend(node_size_);
    Cursor at = image_.at(address, node_size_, "a B-tree's node");
    at.expect(depth == 0 ? "BTLF" : "BTIN");
    at.skip(2);
    const Level& level = levels_[static_cast<size_t>(depth)];
    if (records > level.most_records) throw image_.damaged("a B-tree's node holds {} records", records);
    for (uint64_t i = 0; i < records; ++i) visit_(at.part(record_size_));
    for (uint64_t i = 0; depth > 0 && i <= records; ++i) {
      const uint64_t child = at.address(), count = at.number(level.count_width);
      at.skip(static_cast<uint64_t>(level.below_width));
      node(child, depth - 1, count);
    }
  }

  const Image& image_;
  Budget budget_;
  const std::function<void(Cursor)>& visit_;
  uint32_t node_size_ = 0;
  uint16_t record_size_ = 0;
  std::vector<Level> levels_;
};

}  // namespace

void visit_records(const Image& image, uint64_t tree, const std::function<void(Cursor)>& visit) { Tree(image, visit).walk(tree); }

int bytes_to_hold(uint64_t largest) { return std::max(1, (static_cast<int>(std::bit_width(largest)) + 7) / 8); }

}  // namespace cornu::io::hdf5
