#include "cornu/codegen/build_program.h"

#include <algorithm>
#include <map>
#include <unordered_map>

#include "cornu/ir/leaf.h"
#include "cornu/ir/view.h"

namespace cornu::codegen {
namespace {

using namespace ir;

class Builder {
 public:
  explicit Builder(const Group& group) : group_(group), builder_(*out_.program, out_.launch) {
    for (bool reduced : group.reduced) out_.program->loops.push_back(reduced ? Loop::reduced : Loop::kept);
    out_.launch.extents = group.extents;
  }

  BuiltProgram run() {
    // Operand numbers are known before code refers to them: inputs first, then outputs; so loads are collected first.
    for (const auto& member : group_.members) registers_[Value(member.node, 0)] = emit(member);
    const int first_output = static_cast<int>(out_.program->operands.size());
    for (std::size_t i = 0; i < group_.outputs.size(); ++i) {
      const Value& v = group_.outputs[i];
      const Space space = group_.reduces() ? space_of(v) : Space::full;
      add_operand({v.dtype(), space, Access::strided, true}, {0, member_strides(group_, space)});
      out_.outputs.push_back(v);
      builder_.store(first_output + static_cast<int>(i), registers_.at(v));
    }
    merge_loops();
    classify();
    return std::move(out_);
  }

 private:
  Register emit(const Group::Member& member) {
    Node& node = *member.node;
    std::vector<Register> in;
    const Space reads = reduces_loops(node) ? Space::full : member.space;
    if (node.op().index)
      in.push_back(index_register(node, {0, dense_strides(node.specs()[0].shape)}, node.specs()[0].shape, reads));
    for (const Value& operand : node.operands()) in.push_back(read(operand, reads));
    if (node.op().is_reduction()) return reduce(node, in[0]);
    return builder_.round_to_dtype(node.op().emit(builder_, node.attributes(), in));
  }

  Register reduce(Node& node, Register operand) {
    const auto kind = node.op().reduction(node.attributes(), node.operand(0).spec()).kind;
    const DType dtype = node.specs()[0].dtype;
    if (!reduces_loops(node)) {
      if (kind == ReduceKind::argmax || kind == ReduceKind::argmin) return builder_.constant(0, dtype);
      return builder_.convert(operand, dtype);
    }
    if (kind == ReduceKind::argmax || kind == ReduceKind::argmin)
      return builder_.convert(builder_.reduce(kind, operand, int32), dtype);
    if (operand.dtype != dtype) operand = builder_.convert(operand, dtype);
    return builder_.round_to_dtype(builder_.reduce(kind, operand, dtype));
  }

  // The register that holds `value` at a point of `space`.
  Register read(const Value& value, Space space) {
    const auto resolved = resolve_view(value);
    Node& base = resolved.base.node();
    if (base.op().is_pointwise() && base.operands().empty()) return inlined(resolved, value.shape(), space);
    if (auto found = registers_.find(resolved.base); found != registers_.end()) return found->second;
    return builder_.load(memory_operand(resolved, value.shape(), space), value.dtype(), operand_space(space));
  }

  // A constant or a position is written where it is read; its offset is where the reader stands.
  Register inlined(const ResolvedView& resolved, const Shape& shape, Space space) {
    Node& node = resolved.base.node();
    std::vector<Register> in;
    if (node.op().index) {
      // Compose the reader's walk with the op's own: both are linear in the loops.
      const auto own = node.op().index(node.attributes(), node.specs()[0]);
      in.push_back(index_register(node, resolved.view, shape, space, own));
    }
    return builder_.round_to_dtype(node.op().emit(builder_, node.attributes(), in));
  }

  // An index operand whose offset is sum(position along each axis of the op's result * own stride). `view` walks the op's
  // dense result; it is translated axis by axis.
  Register index_register(Node& node, const StridedView& view, const Shape& shape, Space space, std::vector<int64_t> own = {}) {
    const Shape& result = node.specs()[0].shape;
    if (own.empty()) own = node.op().index(node.attributes(), node.specs()[0]);
    auto translate = [&](int64_t walk) {
      // `walk` counts dense elements: split it into axes, innermost last.
      int64_t out = 0, sign = walk < 0 ? -1 : 1;
      const auto dense = dense_strides(result);
      walk *= sign;
      for (int axis = 0; axis < result.rank(); ++axis) {
        if (result[axis] <= 1 || dense[axis] == 0) continue;
        out += walk / dense[axis] * own[axis];
        walk %= dense[axis];
      }
      return out * sign;
    };
    StridedView walk{translate(view.offset), {}};
    for (int64_t stride : view.strides) walk.strides.push_back(translate(stride));
    const int operand = add_operand({uint64, operand_space(space), Access::index, false}, loop_strides(walk, shape, space));
    return builder_.index(operand, uint64, operand_space(space));
  }

  int memory_operand(const ResolvedView& resolved, const Shape& shape, Space space) {
    LaunchOperand launch = loop_strides(resolved.view, shape, space);
    for (std::size_t i = 0; i < out_.program->operands.size(); ++i)
      if (out_.program->operands[i].access != Access::index && out_.program->operands[i].space == operand_space(space) &&
          input_of_operand_[i] == resolved.base && out_.launch.operands[i].offset == launch.offset &&
          out_.launch.operands[i].strides == launch.strides)
        return static_cast<int>(i);
    const int operand = add_operand({resolved.base.dtype(), operand_space(space), Access::strided, false}, std::move(launch));
    input_of_operand_[operand] = resolved.base;
    out_.inputs.push_back(resolved.base);
    return operand;
  }

  int add_operand(KernelOperand operand, LaunchOperand launch) {
    out_.program->operands.push_back(operand);
    out_.launch.operands.push_back(std::move(launch));
    input_of_operand_.emplace_back();
    return static_cast<int>(out_.program->operands.size()) - 1;
  }

  // A view of `shape`, as strides over the group's loops.
  LaunchOperand loop_strides(const StridedView& view, const Shape& shape, Space space) const {
    const auto strides = long_strides(view, shape);
    LaunchOperand out{view.offset, std::vector<int64_t>(group_.extents.size())};
    std::size_t next = 0;
    for (std::size_t i = 0; i < out.strides.size(); ++i) {
      if (space == Space::kept && group_.reduced[i]) continue;
      out.strides[i] = strides.at(next++);
    }
    return out;
  }

  Space operand_space(Space space) const { return group_.reduces() ? space : Space::full; }
  Space space_of(const Value& v) const {
    for (const auto& member : group_.members)
      if (member.node == &v.node()) return member.space;
    return Space::full;
  }

  // Neighbouring loops of one kind that every operand walks as one become one.
  void merge_loops() {
    auto& loops = out_.program->loops;
    auto& extents = out_.launch.extents;
    for (std::size_t i = loops.size(); i-- > 1;) {
      const bool together = loops[i - 1] == loops[i] &&
                            std::all_of(out_.launch.operands.begin(), out_.launch.operands.end(),
                                        [&](const LaunchOperand& o) { return o.strides[i - 1] == o.strides[i] * extents[i]; });
      if (!together) continue;
      extents[i - 1] *= extents[i];
      for (auto& o : out_.launch.operands) {
        o.strides[i - 1] = o.strides[i];
        o.strides.erase(o.strides.begin() + i);
      }
      extents.erase(extents.begin() + i);
      loops.erase(loops.begin() + i);
    }
    if (loops.empty()) {  // one point: a loop of one, so that a scalar shares code with a vector
      loops.push_back(Loop::kept);
      extents.push_back(1);
      for (auto& o : out_.launch.operands) o.strides.push_back(1);
    }
  }

  // Loads of one element for the whole launch are uniform; then everything computed from them is.
  void classify() {
    auto& program = *out_.program;
    for (std::size_t i = 0; i < program.operands.size(); ++i) {
      auto& operand = program.operands[i];
      const auto& strides = out_.launch.operands[i].strides;
      if (operand.access == Access::index) continue;
      const bool one = std::all_of(strides.begin(), strides.end(), [](int64_t s) { return s == 0; });
      if (one && !operand.output) operand.access = Access::scalar, operand.space = Space::uniform;
      else operand.access = dense(operand.space, strides) ? Access::contiguous : Access::strided;
    }
    for (Instruction& i : program.code) {
      if (i.prim == Prim::load) i.space = program.operands[i.immediate].space;
      else if (i.prim != Prim::store && i.prim != Prim::reduce && i.prim != Prim::index && i.prim != Prim::constant &&
               i.prim != Prim::number) {
        i.space = Space::uniform;
        for (RegisterId r : i.operands)
          if (r != kNoRegister) i.space = std::max(i.space, program.spaces[r]);
      }
      if (i.result != kNoRegister) program.spaces[i.result] = i.space;
    }
  }
  bool dense(Space space, const std::vector<int64_t>& strides) const {
    int64_t expected = 1;
    for (std::size_t i = strides.size(); i-- > 0;) {
      if (space == Space::kept && out_.program->loops[i] == Loop::reduced) continue;
      if (strides[i] != expected) return false;
      expected *= out_.launch.extents[i];
    }
    return true;
  }

  const Group& group_;
  BuiltProgram out_{std::make_shared<KernelProgram>(), {}, {}, {}};
  KernelBuilder builder_;
  std::vector<Value> input_of_operand_;
  std::unordered_map<Value, Register, ValueHash> registers_;
};

}  // namespace

BuiltProgram build_program(const Group& group) { return Builder(group).run(); }

}  // namespace cornu::codegen
