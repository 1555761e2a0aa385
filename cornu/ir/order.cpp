#include "cornu/ir/order.h"

#include <bit>
#include <utility>

namespace cornu::ir {

Order::Order(std::size_t count) : rows_(count) {}

std::size_t Order::grow() {
  rows_.emplace_back();
  return rows_.size() - 1;
}

void Order::add(std::size_t a, std::size_t b) {
  if (is_before(a, b)) return;
  Row earlier = rows_[a];
  set(earlier, a);
  for (std::size_t later = 0; later < rows_.size(); ++later)
    if (later == b || is_before(b, later)) include(rows_[later], earlier);
}

void Order::join(std::size_t a, std::size_t b) {
  include(rows_[a], std::exchange(rows_[b], {}));
  clear(rows_[a], a);
  clear(rows_[a], b);
  Row earlier = rows_[a];
  set(earlier, a);
  for (Row& row : rows_) {
    if (!bit(row, a) && !bit(row, b)) continue;
    include(row, earlier);
    clear(row, b);
  }
}

bool Order::has_between(std::size_t a, std::size_t b) const {
  for (std::size_t i = 0; i < rows_.size(); ++i)
    if (is_before(a, i) && is_before(i, b)) return true;
  return false;
}

std::size_t Order::waits(std::size_t i) const {
  std::size_t count = 0;
  for (uint64_t word : rows_[i]) count += std::popcount(word);
  return count;
}

void Order::set(Row& row, std::size_t i) {
  if (row.size() <= i / 64) row.resize(i / 64 + 1);
  row[i / 64] |= uint64_t{1} << (i % 64);
}
void Order::clear(Row& row, std::size_t i) {
  if (i / 64 < row.size()) row[i / 64] &= ~(uint64_t{1} << (i % 64));
}
void Order::include(Row& row, const Row& more) {
  if (row.size() < more.size()) row.resize(more.size());
  for (std::size_t w = 0; w < more.size(); ++w) row[w] |= more[w];
}

}  // namespace cornu::ir
