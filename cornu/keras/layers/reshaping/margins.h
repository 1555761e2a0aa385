#pragma once

#include <utility>

#include "cornu/keras/ops/int_or_list.h"

namespace cornu::keras {

// What ZeroPadding and Cropping take at either end of each spatial axis: 1, {top, bottom} of one axis, {height, width} of two, or
// {{top, bottom}, {left, right}}.
class CORNU_API Margins {
 public:
  using Pairs = std::vector<std::pair<int64_t, int64_t>>;
  template <std::integral T>
  Margins(T all) : all_(all) {}
  Margins(std::initializer_list<IntOrList> each) : each_(each) {}

  // A pair for each of `axes`. ValueError names `what`: others, or negative ones.
  Pairs of_axes(int axes, const char* what) const;
  // The same as Keras's config says it.
  static Margins from_pairs(const Pairs& pairs);

  friend void write_json(const Margins& value, Json& out);
  friend void read_json(const Json& json, Margins& value);

 private:
  IntOrList all_;
  std::vector<IntOrList> each_;
};
CORNU_API void write_json(const Margins& value, Json& out);
CORNU_API void read_json(const Json& json, Margins& value);

}  // namespace cornu::keras
