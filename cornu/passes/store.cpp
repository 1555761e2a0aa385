#include "cornu/passes/store.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "cornu/ir/leaf.h"
#include "cornu/ir/order.h"
#include "cornu/ir/view.h"
#include "cornu/ops/pointwise.h"

namespace cornu::passes {
namespace {

using namespace ir;

Value base_of(Value value) {
  while (value->op().is_view()) value = value->operand(0);
  return value;
}

// As fast as a read from memory.
bool is_cheap(const OpDef& op) {
  static const OpDef* const cheap[] = {&ops::cast_op,       &ops::neg_op,     &ops::add_op,           &ops::sub_op,
                                       &ops::mul_op,        &ops::greater_op, &ops::greater_equal_op, &ops::less_op,
                                       &ops::less_equal_op, &ops::equal_op,   &ops::not_equal_op};
  return std::ranges::find(cheap, &op) != std::end(cheap);
}

bool is_small_beside(const Value& operand, const Value& whole) {
  const Value base = base_of(operand);
  return is_constant(base) || long_axes(base.shape()).size() < long_axes(whole.shape()).size();
}

// The operand that is as large as the result, where it is one and others are vectors and numbers.
Value only_large_operand(const Node& node) {
  Value large;
  for (const Value& operand : node.operands()) {
    if (is_small_beside(operand, Value(const_cast<Node*>(&node), 0)) || operand == large) continue;
    if (large) return {};
    large = operand;
  }
  return large;
}

class Chooser {
 public:
  Chooser(const Graph& graph, std::vector<Group>& groups)
      : graph_(graph), groups_(groups), inside_(groups.size()), live_(groups.size()) {
    order_ = topological(graph);
    for (std::size_t i = 0; i < order_.size(); ++i) position_[order_[i]] = i;
    for (std::size_t g = 0; g < groups.size(); ++g)
      for (Node* node : nodes_of(groups[g])) {
        home_[node] = g;
        inside_[g].insert(node);
      }
  }

  void recompute() {
    for (const Value& result : graph_.results)
      if (result) lasting_.insert(base_of(result));
    for (const Group& group : groups_)
      if (!group.is_kernel_program())
        for (const Node* node : nodes_of(group))
          for (const Value& operand : node->operands()) lasting_.insert(base_of(operand));
    for (std::size_t g = 0; g < groups_.size(); ++g)
      if (groups_[g].is_kernel_program()) recompute_in(g);
  }

  void choose() {
    for (const Value& result : graph_.results)
      if (result) need(base_of(result));
    while (!work_.empty()) {
      const auto [g, node] = work_.back();
      work_.pop_back();
      for (const Value& operand : node->operands()) {
        const Value base = base_of(operand);
        if (inside_[g].count(&base.node())) use(g, &base.node());
        else need(base);
      }
    }
    for (Node* node : order_)
      for (const Value& v : outputs_of(*node))
        if (needed_.count(v)) groups_[home_.at(node)].outputs.push_back(v);
    for (std::size_t g = 0; g < groups_.size(); ++g)
      std::erase_if(groups_[g].members, [&](const Group::Member& member) { return !live_[g].count(member.node); });
    std::erase_if(groups_, [](const Group& group) { return group.is_kernel_program() && group.members.empty(); });
  }

 private:
  static std::vector<Node*> nodes_of(const Group& group) {
    std::vector<Node*> out = group.epilogue;
    if (group.anchor) out.push_back(group.anchor);
    for (const auto& member : group.members) out.push_back(member.node);
    return out;
  }

  // --- what is computed again ---

  bool is_of_library(const Value& value) const {
    const auto home = home_.find(&value.node());
    return home != home_.end() && !groups_[home->second].is_kernel_program();
  }
  // To read `large` costs no more than to write `value` and to read that, in bytes and in memory.
  bool is_recomputed(const Value& value, int most_steps = 8) const {
    if (most_steps == 0 || !home_.contains(&value.node()) || is_of_library(value) || lasting_.contains(value)) return false;
    if (!is_cheap(value->op()) || long_axes(value.shape()).empty()) return false;
    const Value large = only_large_operand(value.node());
    if (!large) return false;
    const Value base = base_of(large);
    const int before = large.dtype().size(), after = value.dtype().size();
    if (before < after || (lasting_.contains(base) && before <= 2 * after)) return true;
    if (before > after) return false;
    return is_of_library(base) || (base == large && is_recomputed(large, most_steps - 1));
  }

  static bool reads_all(const Group::Member& member) { return member.space == Space::full || reduces_loops(*member.node); }
  // A member's register holds what stands at the loops' own position.
  static bool is_read_in_place(const Group& group, const Value& value) {
    for (const auto& member : group.members)
      for (const Value& operand : member.node->operands())
        if (base_of(operand) == value && !(operand == value && reads_all(member))) return false;
    return true;
  }
  void recompute_in(std::size_t g) {
    Group& group = groups_[g];
    const std::size_t before = group.members.size();
    for (std::size_t i = 0; i < group.members.size(); ++i) {
      if (!reads_all(group.members[i])) continue;
      for (const Value& operand : group.members[i].node->operands()) {
        if (operand->op().is_view() || inside_[g].count(&operand.node())) continue;
        if (!is_recomputed(operand) || !is_read_in_place(group, operand)) continue;
        group.members.push_back({&operand.node(), Space::full});
        inside_[g].insert(&operand.node());
      }
    }
    if (group.members.size() == before) return;
    std::sort(group.members.begin(), group.members.end(),
              [&](const auto& x, const auto& y) { return position_.at(x.node) < position_.at(y.node); });
  }

  // --- what is stored ---

  void need(const Value& value) {
    const auto home = home_.find(&value.node());
    if (home == home_.end() || !needed_.insert(value).second) return;
    use(home->second, &value.node());
  }
  void use(std::size_t g, Node* node) {
    if (live_[g].insert(node).second) work_.emplace_back(g, node);
  }

  const Graph& graph_;
  std::vector<Group>& groups_;
  std::vector<Node*> order_;
  std::unordered_map<const Node*, std::size_t> position_, home_;  // home: the group that stores it, if any does
  std::vector<std::unordered_set<const Node*>> inside_, live_;    // of each group
  std::unordered_set<Value, ValueHash> lasting_, needed_;         // lasting: stored in any case, for libraries and callers
  std::vector<std::pair<std::size_t, Node*>> work_;
};

}  // namespace

void choose_outputs(const Graph& graph, std::vector<Group>& groups, bool recompute) {
  Chooser chooser(graph, groups);
  if (recompute) chooser.recompute();
  chooser.choose();
}

}  // namespace cornu::passes
