#pragma once

#include "cornu/ir/lowering.h"

namespace cornu::ir {

// The unit of lowering: either a coarse op with the epilogue that its lowering takes, or pointwise work and reductions that
// share one iteration space and become one kernel program.
struct Group {
  // A coarse op, if there is one.
  Node* anchor = nullptr;
  const Lowering* lowering = nullptr;  // null: the record's reference
  std::vector<Node*> epilogue;

  // Otherwise: the members in topological order, over `extents` (loops of extent 1 left out), of which `reduced` are reduced.
  struct Member {
    Node* node;
    Space space;  // of its result
  };
  std::vector<Member> members;
  std::vector<int64_t> extents;
  std::vector<bool> reduced;

  std::vector<Value> outputs;  // the values that leave the group, written to memory
  bool reduces() const {
    for (bool r : reduced)
      if (r) return true;
    return false;
  }
  bool is_kernel_program() const { return anchor == nullptr; }
};

// The position of each axis of `shape` that has an extent other than 1.
std::vector<int> long_axes(const Shape& shape);
// Is the node a reduction of a loop? Over axes of extent 1 alone it is pointwise, whatever its group reduces.
bool reduces_loops(const Node& node);
// Strides of a view of `shape`, those of axes with extent 1 left out.
std::vector<int64_t> long_strides(const StridedView& view, const Shape& shape);
// The strides that a dense member of `space` has over the group's loops (0 where a kept value meets a reduced loop).
std::vector<int64_t> member_strides(const Group& group, Space space);

}  // namespace cornu::ir
