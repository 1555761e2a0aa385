#pragma once

#include "cornu/base/nest.h"

namespace cornu {

// The same lists and dicts, whatever the leaves and the order in which keys were written.
template <class T>
bool same_structure(const Nest<T>& a, const Nest<T>& b) {
  if (a.is_leaf() || b.is_leaf()) return a.is_leaf() && b.is_leaf();
  if (a.is_list() != b.is_list()) return false;
  if (a.is_list()) return std::ranges::equal(a.list(), b.list(), same_structure<T>);
  const auto same_entry = [](const auto& x, const auto& y) { return x.first == y.first && same_structure(x.second, y.second); };
  return std::ranges::is_permutation(a.dict(), b.dict(), same_entry);
}

}  // namespace cornu
