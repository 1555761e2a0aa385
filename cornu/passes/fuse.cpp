#include "cornu/passes/fuse.h"

#include <algorithm>
#include <optional>
#include <unordered_map>

#include "cornu/ir/leaf.h"
#include "cornu/ir/order.h"
#include "cornu/ir/view.h"
#include "cornu/passes/store.h"

namespace cornu::passes {
namespace {

using namespace ir;

// Full code that reads a reduction of its own row runs over the row again: only where rows are innermost, and short enough to
// be read twice from a near cache.
constexpr int64_t kLongestRowReadTwice = 1 << 16;
// More in one kernel saves nothing and takes long to compile.
constexpr std::size_t kMostMembers = 512;

// A constant, or a position: never stored, written wherever it is read.
bool is_inlined(const Node& node) { return node.op().is_pointwise() && node.operands().empty(); }

class Fuser {
 public:
  Fuser(const Graph& graph, const Target& target, bool enabled) : graph_(graph), target_(target), enabled_(enabled) {
    order_ = topological(graph);
    for (Node* node : order_)
      for (const Value& v : node->operands()) users_[&v.node()].push_back(node);
    for (const Value& v : graph.results)
      if (v) is_result_.insert(v);
  }

  std::vector<Group> run() {
    for (Node* node : order_)
      if (node->op().is_coarse() && &node->op() != &parameter_op) open_anchored(*node);
    for (Node* node : order_) {
      if (group_of_.count(node)) {
        depend_on_operands(*node, group_of_.at(node));
        continue;
      }
      if (node->op().is_view() || &node->op() == &parameter_op) continue;
      if (is_inlined(*node) && !read_by_a_library(Value(node, 0))) continue;
      place(*node);
    }
    if (enabled_) merge_numbers();
    return finish();
  }

 private:
  struct Open {
    Group group;
    int merged_into = -1;
  };

  // --- anchored groups ---

  void open_anchored(Node& node) {
    const int id = open();
    Group& group = groups_[id].group;
    group.anchor = &node;
    const auto chain = enabled_ && node.outputs() == 1 ? epilogue_candidates(node) : std::vector<Node*>();
    const Offer offer{node, chain};
    const bool is_lowered = take_lowering(group, offer, target_.kind);
    if (!is_lowered && target_.kind != TargetKind::cpu) take_lowering(group, offer, TargetKind::cpu);
    group_of_[&node] = id;
    for (Node* taken : group.epilogue) group_of_[taken] = id;
  }

  // The first lowering for this kind of target that does not refuse. Where a card has none, the host computes.
  bool take_lowering(Group& group, const Offer& offer, TargetKind kind) const {
    if (!offer.anchor.op().lowerings) return false;
    for (const Lowering& lowering : offer.anchor.op().lowerings()) {
      if (lowering.target != kind) continue;
      const Answer answer = lowering.supports(offer, target_);
      if (answer.refused()) continue;
      group.lowering = &lowering;
      group.epilogue.assign(offer.epilogue.begin(), offer.epilogue.begin() + answer.takes);
      return true;
    }
    return false;
  }

  // The pointwise nodes that follow one another on the anchor's result, each the only reader of the one before.
  std::vector<Node*> epilogue_candidates(Node& anchor) {
    std::vector<Node*> chain;
    Node* at = &anchor;
    while (true) {
      const Value result(at, 0);
      const auto users = users_.find(at);
      if (users == users_.end() || users->second.size() != 1 || is_result_.count(result)) return chain;
      Node* next = users->second[0];
      if (!next->op().is_pointwise() || next->specs()[0].shape != result.shape() || group_of_.count(next)) return chain;
      chain.push_back(next);
      at = next;
    }
  }

  // --- kernel programs ---

  // Where a node may stand in an open group.
  struct Placement {
    int group;
    Space space;
  };

  void place(Node& node) {
    int target = -1;
    Space space = Space::full;
    if (enabled_)
      for (const Value& operand : node.operands()) {
        const auto placement = beside(node, operand);
        if (!placement || groups_[placement->group].group.members.size() >= kMostMembers) continue;
        if (target < 0) {
          if (!may_wait_for_operands(node, placement->group)) continue;
          target = placement->group;
          space = placement->space;
        } else if (placement->group != target && placement->space == space) {
          try_merge(target, placement->group, node);
          target = find(target);
        }
      }
    if (target >= 0 && !(accepts(node, target, space) && reads_registers_of(node, target, space))) target = -1;
    if (target < 0) target = open_for(node), space = reduces_loops(node) ? Space::kept : Space::full;
    add(node, target, space);
  }

  // The group that computes `operand`, if `node` can run there on the value while it is in a register.
  std::optional<Placement> beside(const Node& node, const Value& operand) {
    const auto resolved = resolve_view(operand);
    const auto found = group_of_.find(&resolved.base.node());
    if (found == group_of_.end()) return std::nullopt;
    const int id = find(found->second);
    const Group& group = groups_[id].group;
    if (group.anchor) return std::nullopt;
    const Space of_operand = space_of(group, &resolved.base.node());
    if (resolved.view.offset != 0) return std::nullopt;
    const auto strides = long_strides(resolved.view, operand.shape());
    const auto extents = long_extents(operand.shape());
    // Read in the full space?
    if (extents == group.extents && strides == member_strides(group, of_operand)) {
      const bool reads_reduction = of_operand == Space::kept && group.reduces();
      if (reduces_loops(node)) {
        if (reads_reduction && !may_loop_again(group)) return std::nullopt;
        if (!group.reduces() || reduced_loops(node) == group.reduced) return Placement{id, Space::kept};
        return std::nullopt;
      }
      if (reads_reduction && !may_loop_again(group)) return std::nullopt;
      return Placement{id, Space::full};
    }
    // In the kept space?
    if (of_operand == Space::kept && group.reduces() && !reduces_loops(node) && extents == kept_extents(group)) {
      std::vector<int64_t> kept;
      const auto all = member_strides(group, Space::kept);
      for (std::size_t i = 0; i < all.size(); ++i)
        if (!group.reduced[i]) kept.push_back(all[i]);
      if (strides == kept) return Placement{id, Space::kept};
    }
    return std::nullopt;
  }

  bool accepts(const Node& node, int id, Space space) {
    const Group& group = groups_[id].group;
    if (reduces_loops(node)) return true;
    const auto extents = long_extents(node.specs()[0].shape);
    return extents == (space == Space::full ? group.extents : kept_extents(group));
  }

  // What the node reads of its own group it must find in a register: memory is written only when the kernel ends.
  bool reads_registers_of(const Node& node, int id, Space space) {
    for (const Value& operand : node.operands()) {
      if (is_inlined(resolve_all_views(operand).node())) continue;
      for (int behind : groups_behind(operand)) {
        if (behind != id) continue;
        const auto placement = beside(node, operand);
        if (!placement || placement->space != space) return false;
      }
    }
    return true;
  }

  // No operand may be computed, directly or not, from what the group computes and others read: the group would wait for itself.
  bool may_wait_for_operands(const Node& node, int id) {
    for (const Value& operand : node.operands())
      for (int other : groups_behind(operand))
        if (other != id && runs_.is_before(id, other)) return false;
    return true;
  }

  void try_merge(int into, int from, const Node& node) {
    into = find(into);
    from = find(from);
    if (into == from) return;
    Open &a = groups_[into], &b = groups_[from];
    if (a.group.extents != b.group.extents || a.group.members.size() + b.group.members.size() > kMostMembers) return;
    if (a.group.reduces() && b.group.reduces() && a.group.reduced != b.group.reduced) return;
    if (runs_.is_before(from, into) || runs_.is_before(into, from)) {
      // One reads the other's results already: merging needs every path between them to lie inside.
      if (runs_.has_between(into, from) || runs_.has_between(from, into)) return;
      if (!reads_only_in_register(into, from)) return;
    }
    for (const Value& operand : node.operands())
      for (int other : groups_behind(operand))
        if (other != into && other != from && (runs_.is_before(into, other) || runs_.is_before(from, other))) return;
    merge(into, from);
  }

  void merge(int into, int from) {
    Open &a = groups_[into], &b = groups_[from];
    if (b.group.reduces()) a.group.reduced = b.group.reduced;
    for (auto& member : b.group.members) a.group.members.push_back(member);
    std::sort(a.group.members.begin(), a.group.members.end(),
              [&](const auto& x, const auto& y) { return position(x.node) < position(y.node); });
    b.merged_into = into;
    b.group.members.clear();
    runs_.join(into, from);
  }

  // What is computed of single numbers and waits for nobody is one kernel: a step's counts and rates.
  void merge_numbers() {
    int first = -1;
    for (int id = 0; id < static_cast<int>(groups_.size()); ++id) {
      const Open& open = groups_[static_cast<std::size_t>(id)];
      if (open.merged_into >= 0 || open.group.anchor || !open.group.extents.empty() || runs_.waits(id) > 0) continue;
      if (first < 0) first = id;
      else if (groups_[static_cast<std::size_t>(first)].group.members.size() + open.group.members.size() <= kMostMembers)
        merge(first, id);
    }
  }

  // Members of one that read the other's through memory (a transposed view, say) keep the two apart.
  bool reads_only_in_register(int x, int y) {
    for (int reader : {x, y})
      for (const auto& member : groups_[reader].group.members)
        for (const Value& operand : member.node->operands()) {
          const auto found = group_of_.find(&resolve_view(operand).base.node());
          if (found == group_of_.end() || find(found->second) == reader) continue;
          const int from = find(found->second);
          if ((from == x || from == y) && !beside(*member.node, operand)) return false;
        }
    return true;
  }

  int open_for(const Node& node) {
    const int id = open();
    Group& group = groups_[id].group;
    const bool reduction = reduces_loops(node);
    group.extents = long_extents(reduction ? node.operand(0).shape() : node.specs()[0].shape);
    group.reduced = reduction ? reduced_loops(node) : std::vector<bool>(group.extents.size());
    return id;
  }

  void add(Node& node, int id, Space space) {
    Group& group = groups_[id].group;
    if (reduces_loops(node) && !group.reduces()) group.reduced = reduced_loops(node);
    group.members.push_back({&node, space});
    group_of_[&node] = id;
    depend_on_operands(node, id);
  }

  // --- dependencies between groups ---

  // The groups whose results a value is read from (through views).
  std::vector<int> groups_behind(const Value& value) {
    std::vector<int> out;
    const auto found = group_of_.find(&resolve_all_views(value).node());
    if (found != group_of_.end()) out.push_back(find(found->second));
    return out;
  }
  static Value resolve_all_views(Value value) {
    while (value->op().is_view()) value = value->operand(0);
    return value;
  }

  void depend_on_operands(const Node& node, int id) {
    id = find(id);
    for (const Value& operand : node.operands())
      for (int other : groups_behind(operand))
        if (other != id) runs_.add(other, id);
  }

  int open() {
    groups_.emplace_back();
    return static_cast<int>(runs_.grow());
  }
  int find(int id) const {
    while (groups_[id].merged_into >= 0) id = groups_[id].merged_into;
    return id;
  }

  // --- facts ---

  static std::vector<int64_t> long_extents(const Shape& shape) {
    std::vector<int64_t> out;
    for (int axis : long_axes(shape)) out.push_back(shape[axis]);
    return out;
  }
  static std::vector<int64_t> kept_extents(const Group& group) {
    std::vector<int64_t> out;
    for (std::size_t i = 0; i < group.extents.size(); ++i)
      if (!group.reduced[i]) out.push_back(group.extents[i]);
    return out;
  }
  static std::vector<bool> reduced_loops(const Node& node) {
    const Spec& operand = node.operand(0).spec();
    const auto axes = node.op().reduction(node.attributes(), operand).axes;
    std::vector<bool> out;
    for (int axis : long_axes(operand.shape)) out.push_back(std::find(axes.begin(), axes.end(), axis) != axes.end());
    return out;
  }
  static bool may_loop_again(const Group& group) {
    int64_t row = 1;
    for (std::size_t i = 0; i < group.extents.size(); ++i) {
      if (group.reduced[i]) row *= group.extents[i];
      else if (i > 0 && group.reduced[i - 1]) return false;
    }
    return row <= kLongestRowReadTwice;
  }
  static Space space_of(const Group& group, const Node* node) {
    for (const auto& member : group.members)
      if (member.node == node) return member.space;
    CORNU_CHECK(false, "not a member");
    return Space::full;
  }
  std::size_t position(Node* node) {
    if (positions_.empty())
      for (std::size_t i = 0; i < order_.size(); ++i) positions_[order_[i]] = i;
    return positions_.at(node);
  }

  // Must a constant lie in memory, for a result or a coarse op?
  bool read_by_a_library(const Value& value) {
    if (is_result_.count(value)) return true;
    for (Node* user : users_[&value.node()])
      if (user->op().is_coarse() || (user->op().is_view() && read_by_a_library(Value(user, 0)))) return true;
    return false;
  }

  // --- the end ---

  std::vector<Group> finish() {
    std::vector<int> living;
    for (std::size_t i = 0; i < groups_.size(); ++i)
      if (groups_[i].merged_into < 0) living.push_back(static_cast<int>(i));
    std::stable_sort(living.begin(), living.end(), [&](int a, int b) { return runs_.waits(a) < runs_.waits(b); });
    std::vector<Group> out;
    for (int id : living) out.push_back(std::move(groups_[id].group));
    choose_outputs(graph_, out, enabled_);
    return out;
  }

  const Graph& graph_;
  const Target& target_;
  const bool enabled_;
  std::vector<Node*> order_;
  std::unordered_map<const Node*, std::vector<Node*>> users_;
  std::unordered_set<Value, ValueHash> is_result_;
  std::unordered_map<const Node*, int> group_of_;
  std::unordered_map<const Node*, std::size_t> positions_;
  std::vector<Open> groups_;
  Order runs_;  // among the groups
};

}  // namespace

std::vector<Group> fuse(const Graph& graph, const Target& target, bool enabled) { return Fuser(graph, target, enabled).run(); }

}  // namespace cornu::passes
