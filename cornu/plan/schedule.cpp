#include "cornu/plan/schedule.h"

#include <algorithm>
#include <queue>

#include "cornu/ir/view.h"

namespace cornu::plan {
namespace {

using namespace ir;

// Who must run before whom, with reachability kept: before[b][a] means a runs before b.
class Order {
 public:
  explicit Order(std::size_t count) : before_(count, std::vector<bool>(count)) {}
  bool is_before(std::size_t a, std::size_t b) const { return before_[b][a]; }
  void add(std::size_t a, std::size_t b) {
    if (before_[b][a]) return;
    for (std::size_t later = 0; later < before_.size(); ++later) {
      if (later != b && !before_[later][b]) continue;
      before_[later][a] = true;
      for (std::size_t earlier = 0; earlier < before_.size(); ++earlier)
        if (before_[a][earlier]) before_[later][earlier] = true;
    }
  }
  // b joins a: all that holds for either holds for a.
  void join(std::size_t a, std::size_t b) {
    for (std::size_t i = 0; i < before_.size(); ++i) {
      if (before_[b][i]) add(i, a);
      if (before_[i][b]) add(a, i);
    }
  }
  std::size_t waits(std::size_t i) const { return std::count(before_[i].begin(), before_[i].end(), true); }

 private:
  std::vector<std::vector<bool>> before_;
};

// May a kernel program write `value` over `variable`, which it reads itself? Only point by point, each where it was read.
bool reads_where_it_writes(const Work& work, const VariableWrite& write) {
  if (!work.program || work.program->reduces()) return false;
  const auto& program = *work.program;
  std::size_t slot = 0, written = program.operands.size();
  for (std::size_t i = 0; i < program.operands.size(); ++i) {
    if (program.operands[i].access == Access::index) continue;
    if (work.operands[slot++] == write.value) written = i;
  }
  slot = 0;
  for (std::size_t i = 0; i < program.operands.size(); ++i) {
    if (program.operands[i].access == Access::index) continue;
    const bool is_old = work.operands[slot++] == write.variable;
    const auto &old = work.launches[0].operands[i], &fresh = work.launches[0].operands[written];
    if (is_old && (old.offset != 0 || old.strides != fresh.strides)) return false;
  }
  return true;
}

void add_data_order(const std::vector<Work>& work, Order& order) {
  ValueMap<std::size_t> producer;
  for (std::size_t i = 0; i < work.size(); ++i)
    for (const Value& v : work[i].outputs) producer[v] = i;
  for (std::size_t i = 0; i < work.size(); ++i)
    for (const Value& v : work[i].inputs)
      if (auto found = producer.find(storage_of(v)); found != producer.end()) order.add(found->second, i);
}

void place_write(std::vector<Work>& work, const VariableWrite& write, Order& order) {
  std::size_t writer = work.size();
  for (std::size_t i = 0; i < work.size(); ++i)
    if (work[i].writes(write.value)) writer = i;
  std::vector<std::size_t> readers;
  for (std::size_t i = 0; i < work.size(); ++i)
    for (const Value& v : work[i].inputs)
      if (storage_of(v) == write.variable) {
        if (i == writer ? !reads_where_it_writes(work[i], write) : order.is_before(writer, i)) return;
        if (i != writer) readers.push_back(i);
      }
  for (std::size_t reader : readers) order.add(reader, writer);
  work[writer].state_writes.push_back(write);
}

bool is_update(const Work& work) {
  return work.program && !work.program->reduces() && !work.state_writes.empty() && work.state_writes.size() == work.outputs.size();
}

// The only horizontal fusion: one kernel for all updates that run the same program.
void merge_updates(std::vector<Work>& work, Order& order, std::vector<bool>& gone) {
  for (std::size_t a = 0; a < work.size(); ++a) {
    if (gone[a] || !is_update(work[a])) continue;
    for (std::size_t b = a + 1; b < work.size(); ++b) {
      if (gone[b] || !is_update(work[b]) || order.is_before(a, b) || order.is_before(b, a)) continue;
      if (!(*work[a].program == *work[b].program)) continue;
      auto append = [](auto& to, auto& from) { to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end())); };
      append(work[a].launches, work[b].launches);
      append(work[a].inputs, work[b].inputs);
      append(work[a].outputs, work[b].outputs);
      append(work[a].operands, work[b].operands);
      append(work[a].state_writes, work[b].state_writes);
      order.join(a, b);
      gone[b] = true;
    }
  }
}

}  // namespace

bool Work::writes(const Value& value) const { return std::find(outputs.begin(), outputs.end(), value) != outputs.end(); }

Value storage_of(const Value& value) { return value->op().is_view() ? resolve_view(value).base : value; }

std::vector<Work> schedule(std::vector<Work> work, const std::vector<VariableWrite>& writes) {
  Order order(work.size());
  add_data_order(work, order);
  for (const auto& write : writes) place_write(work, write, order);
  std::vector<bool> gone(work.size());
  merge_updates(work, order, gone);
  std::vector<std::size_t> sequence;
  for (std::size_t i = 0; i < work.size(); ++i)
    if (!gone[i]) sequence.push_back(i);
  // What runs before a is a proper subset of what runs before all that wait for a.
  std::stable_sort(sequence.begin(), sequence.end(), [&](auto a, auto b) { return order.waits(a) < order.waits(b); });
  std::vector<Work> out;
  for (std::size_t i : sequence) out.push_back(std::move(work[i]));
  return out;
}

}  // namespace cornu::plan
