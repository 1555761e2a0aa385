#include "cornu/plan/schedule.h"

#include <algorithm>
#include <numeric>

#include "cornu/ir/order.h"
#include "cornu/ir/view.h"
#include "cornu/passes/pass.h"

namespace cornu::plan {
namespace {

using namespace ir;

bool walk_alike(const LaunchOperand& a, const LaunchOperand& b, std::size_t loops) {
  const auto stride = [](const LaunchOperand& walk, std::size_t l) { return l < walk.strides.size() ? walk.strides[l] : 0; };
  for (std::size_t l = 0; l < loops; ++l)
    if (stride(a, l) != stride(b, l)) return false;
  return a.offset == b.offset;
}

// May a kernel program write `value` over `variable`, which it reads itself? Only point by point, each where it was read; where it
// reduces, what is of a row: whoever runs the program reads that before it reduces and writes it behind.
bool reads_where_it_writes(const Work& work, const VariableWrite& write) {
  if (!work.program) return false;
  const auto& program = *work.program;
  std::size_t slot = 0, written = program.operands.size();
  for (std::size_t i = 0; i < program.operands.size(); ++i) {
    if (program.operands[i].access == Access::index) continue;
    if (work.operands[slot++] == write.value) written = i;
  }
  if (written == program.operands.size() || (program.reduces() && program.operands[written].space != Space::kept)) return false;
  slot = 0;
  for (std::size_t i = 0; i < program.operands.size(); ++i) {
    if (program.operands[i].access == Access::index) continue;
    const bool is_old = work.operands[slot++] == write.variable;
    const auto &old = work.launches[0].operands[i], &fresh = work.launches[0].operands[written];
    if (is_old && (old.offset != 0 || !walk_alike(old, fresh, program.loops.size()))) return false;
  }
  return true;
}

// Which work makes a value, which read its memory, and which may set the status word: no state is written before these.
struct Uses {
  ValueMap<std::size_t> producer;
  ValueMap<std::vector<std::size_t>> readers;
  std::vector<std::size_t> checks;
  explicit Uses(const std::vector<Work>& work) {
    for (std::size_t i = 0; i < work.size(); ++i) {
      if (work[i].checks) checks.push_back(i);
      for (const Value& v : work[i].outputs) producer[v] = i;
      for (const Value& v : work[i].inputs) readers[storage_of(v)].push_back(i);
    }
  }
};

void add_data_order(const Uses& uses, Order& order) {
  for (const auto& [value, readers] : uses.readers)
    if (auto found = uses.producer.find(value); found != uses.producer.end())
      for (std::size_t reader : readers) order.add(found->second, reader);
}

void place_write(std::vector<Work>& work, const Uses& uses, const VariableWrite& write, Order& order) {
  const std::size_t writer = uses.producer.at(write.value);
  const auto found = uses.readers.find(write.variable);
  const auto readers = found == uses.readers.end() ? std::vector<std::size_t>() : found->second;
  for (std::size_t reader : readers)
    if (reader == writer ? !reads_where_it_writes(work[writer], write) : order.is_before(writer, reader)) return;
  for (std::size_t check : uses.checks)
    if (check == writer || order.is_before(writer, check)) return;
  for (const auto* earlier : {&readers, &uses.checks})
    for (std::size_t piece : *earlier)
      if (piece != writer) order.add(piece, writer);
  work[writer].state_writes.push_back(write);
}

bool is_update(const Work& work) {
  return work.program && !work.program->reduces() && !work.state_writes.empty() &&
         work.state_writes.size() == work.outputs.size();
}

// The only horizontal fusion: one kernel for all work that runs the same program.
class Merger {
 public:
  Merger(std::vector<Work>& work, const Uses& uses, Order& order) : work_(work), uses_(uses), order_(order), home_(work.size()) {
    std::iota(home_.begin(), home_.end(), std::size_t{0});
  }
  bool is_gone(std::size_t i) const { return home_[i] != i; }

  void merge_updates() {
    merge([&](std::size_t i) { return is_update(work_[i]); }, [](std::size_t, std::size_t) { return true; });
  }
  // What delays nothing and lets no memory live longer: work that waits for nobody, and work whose readers wait for both as it is.
  void merge_others() {
    merge([&](std::size_t i) { return work_[i].program && work_[i].state_writes.empty() && keeps_little(i); },
          [&](std::size_t a, std::size_t b) {
            return (order_.waits(a) == 0 && order_.waits(b) == 0) || (readers_wait_for(a, b) && readers_wait_for(b, a));
          });
  }

 private:
  template <class MayJoin, class MayMeet>
  void merge(const MayJoin& may_join, const MayMeet& may_meet) {
    std::vector<std::size_t> joining;
    for (std::size_t i = 0; i < work_.size(); ++i)
      if (!is_gone(i) && may_join(i)) joining.push_back(i);
    for (std::size_t x = 0; x < joining.size(); ++x) {
      const std::size_t a = joining[x];
      for (std::size_t y = x + 1; y < joining.size() && !is_gone(a); ++y) {
        const std::size_t b = joining[y];
        if (is_gone(b) || order_.is_before(a, b) || order_.is_before(b, a) || !(*work_[a].program == *work_[b].program)) continue;
        if (may_meet(a, b)) join(a, b);
      }
    }
  }
  // If it waits, do its inputs live as long as before? Those that others read behind it do; small ones do not matter.
  bool keeps_little(std::size_t i) const {
    return std::ranges::all_of(work_[i].inputs, [&](const Value& input) {
      const Value memory = storage_of(input);
      const auto is_behind = [&](std::size_t reader) { return order_.is_before(i, home_[reader]); };
      return !uses_.producer.contains(memory) || bytes_of(memory.spec()) <= passes::kMostKept ||
             std::ranges::any_of(uses_.readers.at(memory), is_behind);
    });
  }
  bool readers_wait_for(std::size_t a, std::size_t b) const {
    return std::ranges::all_of(work_[a].outputs, [&](const Value& output) {
      const auto readers = uses_.readers.find(output);
      return readers == uses_.readers.end() ||
             std::ranges::all_of(readers->second, [&](std::size_t reader) { return order_.is_before(b, home_[reader]); });
    });
  }
  void join(std::size_t a, std::size_t b) {
    const auto append = [](auto& to, auto& from) {
      to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
    };
    append(work_[a].launches, work_[b].launches);
    append(work_[a].inputs, work_[b].inputs);
    append(work_[a].outputs, work_[b].outputs);
    append(work_[a].operands, work_[b].operands);
    append(work_[a].state_writes, work_[b].state_writes);
    order_.join(a, b);
    home_[b] = a;
  }

  std::vector<Work>& work_;
  const Uses& uses_;
  Order& order_;
  std::vector<std::size_t> home_;  // the work that each became a part of
};

}  // namespace

Value storage_of(const Value& value) { return value->op().is_view() ? resolve_view(value).base : value; }

std::vector<Work> schedule(std::vector<Work> work, const std::vector<VariableWrite>& writes, TargetKind target) {
  Order order(work.size());
  const Uses uses(work);
  add_data_order(uses, order);
  for (const auto& write : writes) place_write(work, uses, write, order);
  Merger merger(work, uses, order);
  merger.merge_updates();
  if (target == TargetKind::cuda) merger.merge_others();
  std::vector<std::size_t> sequence;
  for (std::size_t i = 0; i < work.size(); ++i)
    if (!merger.is_gone(i)) sequence.push_back(i);
  std::stable_sort(sequence.begin(), sequence.end(), [&](auto a, auto b) { return order.waits(a) < order.waits(b); });
  std::vector<Work> out;
  for (std::size_t i : sequence) out.push_back(std::move(work[i]));
  return out;
}

}  // namespace cornu::plan
