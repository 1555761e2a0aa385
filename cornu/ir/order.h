#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace cornu::ir {

// Who must run before whom among numbered pieces of work. All that follows is kept as well, so that a question is one look-up.
class Order {
 public:
  explicit Order(std::size_t count = 0);
  // Another piece, which waits for nothing. Returns its number.
  std::size_t grow();
  bool is_before(std::size_t a, std::size_t b) const { return bit(rows_[b], a); }
  // a runs before b. The caller has made sure that b does not run before a.
  void add(std::size_t a, std::size_t b);
  // b becomes a part of a: all that holds for either holds for a, and b is no more.
  void join(std::size_t a, std::size_t b);
  // Does another piece stand between a and b?
  bool has_between(std::size_t a, std::size_t b) const;
  // How many run before i. Sorted by this number, everything runs after what it waits for: what runs before a is a proper
  // subset of what runs before all that wait for a.
  std::size_t waits(std::size_t i) const;

 private:
  using Row = std::vector<uint64_t>;  // a bit for each piece that runs earlier
  static bool bit(const Row& row, std::size_t i) { return i / 64 < row.size() && (row[i / 64] >> (i % 64) & 1); }
  static void set(Row& row, std::size_t i);
  static void clear(Row& row, std::size_t i);
  static void include(Row& row, const Row& more);
  std::vector<Row> rows_;
};

}  // namespace cornu::ir
