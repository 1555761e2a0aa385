#include "cornu/plan/schedule.h"

#include <algorithm>

#include "cornu/ir/order.h"
#include "cornu/ir/view.h"

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

// The only horizontal fusion: one kernel for all updates that run the same program.
void merge_updates(std::vector<Work>& work, Order& order, std::vector<bool>& gone) {
  for (std::size_t a = 0; a < work.size(); ++a) {
    if (gone[a] || !is_update(work[a])) continue;
    for (std::size_t b = a + 1; b < work.size(); ++b) {
      if (gone[b] || !is_update(work[b]) || order.is_before(a, b) || order.is_before(b, a)) continue;
      if (!(*work[a].program == *work[b].program)) continue;
      auto append = [](auto& to, auto& from) {
        to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
      };
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

Value storage_of(const Value& value) { return value->op().is_view() ? resolve_view(value).base : value; }

std::vector<Work> schedule(std::vector<Work> work, const std::vector<VariableWrite>& writes) {
  Order order(work.size());
  const Uses uses(work);
  add_data_order(uses, order);
  for (const auto& write : writes) place_write(work, uses, write, order);
  std::vector<bool> gone(work.size());
  merge_updates(work, order, gone);
  std::vector<std::size_t> sequence;
  for (std::size_t i = 0; i < work.size(); ++i)
    if (!gone[i]) sequence.push_back(i);
  std::stable_sort(sequence.begin(), sequence.end(), [&](auto a, auto b) { return order.waits(a) < order.waits(b); });
  std::vector<Work> out;
  for (std::size_t i : sequence) out.push_back(std::move(work[i]));
  return out;
}

}  // namespace cornu::plan
