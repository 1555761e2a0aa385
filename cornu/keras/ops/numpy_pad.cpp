#include <map>

#include "cornu/keras/ops/function_record.h"
#include "cornu/keras/ops/numpy.h"
#include "cornu/keras/ops/promote.h"
#include "cornu/ops/concat/concat.h"
#include "cornu/ops/gather/gather.h"
#include "cornu/ops/iota/iota.h"
#include "cornu/ops/pad/pad.h"
#include "cornu/ops/reduce/reduce.h"
#include "cornu/ops/sort/sort.h"
#include "cornu/ops/view/view.h"

namespace cornu::keras::ops {
namespace {

// One axis of known extent n and what is to be added to it.
struct Side {
  int axis;
  int64_t n, before, after;
};

// --- modes that repeat elements: the place in [0, n) of what stands at place i, which may be outside ---

Value counted(const Value& i, int64_t number) { return low::full_like(i, double(number)); }
Value edge(const Value& i, int64_t n) { return low::clip(i, counted(i, 0), counted(i, n - 1)); }
Value wrap(const Value& i, int64_t n) { return low::mod(i, counted(i, n)); }
// There and back, the ends once a turn or twice.
Value reflect(const Value& i, int64_t n) { return counted(i, n - 1) - low::abs(wrap(i, 2 * (n - 1)) - counted(i, n - 1)); }
Value symmetric(const Value& i, int64_t n) {
  const Value at = wrap(i, 2 * n);
  return low::minimum(at, counted(i, 2 * n - 1) - at);
}

template <Value (*Place)(const Value&, int64_t)>
Value repeated(const Value& x, const Side& s) {
  const Value i = low::iota(int64, {s.before + s.n + s.after}, 0);
  return low::gather(x, Place(i - counted(i, s.before), s.n), s.axis);
}

// --- modes that compute what they add ---

Value surrounded(const Value& before, const Value& x, const Value& after, int axis) {
  return low::concat({before, x, after}, axis);
}

// Integers take the nearest one.
Value in_own_dtype(const Value& x, int axis, Value (*statistic)(const Value&, int)) {
  if (x.dtype().is_floating()) return statistic(x, axis);
  return low::cast(low::round(statistic(low::cast(x, float32), axis)), x.dtype());
}
Value mean_of(const Value& x, int axis) {
  return in_own_dtype(x, axis, [](const Value& v, int at) { return low::mean(v, {at}, true); });
}
Value median_of(const Value& x, int axis) { return in_own_dtype(x, axis, low::median); }
Value maximum_of(const Value& x, int axis) { return low::max(x, {axis}, true); }
Value minimum_of(const Value& x, int axis) { return low::min(x, {axis}, true); }

template <Value (*Statistic)(const Value&, int)>
Value with_statistic(const Value& x, const Side& s) {
  const Value value = Statistic(x, s.axis);
  Shape before = value.shape(), after = before;
  before[s.axis] = s.before;
  after[s.axis] = s.after;
  return surrounded(low::broadcast_to(value, before), x, low::broadcast_to(value, after), s.axis);
}

// From 0 up to the first element, and from the last one down to 0; integers are rounded down.
Value ramp(const Value& edge, int axis, int64_t steps) {
  Shape line(std::vector<int64_t>(edge.shape().rank(), 1));
  line[axis] = steps;
  const DType wide = edge.dtype().is_floating() ? edge.dtype() : float32;
  const Value share = low::iota(wide, line, axis) / double(std::max<int64_t>(steps, 1));
  const Value exact = share * low::cast(edge, wide);
  return low::cast(edge.dtype().is_floating() ? exact : low::floor(exact), edge.dtype());
}
Value linear_ramp(const Value& x, const Side& s) {
  const Value first = low::slice_axis(x, s.axis, 0, 1), last = low::slice_axis(x, s.axis, -1, low::kSliceEnd);
  return surrounded(ramp(first, s.axis, s.before), x, low::flip(ramp(last, s.axis, s.after), {s.axis}), s.axis);
}

using Mode = Value (*)(const Value& x, const Side& side);
// All of Keras's but "constant".
const std::map<std::string_view, Mode>& modes() {
  static const std::map<std::string_view, Mode> all{
      {"edge", repeated<edge>},          {"reflect", repeated<reflect>},        {"symmetric", repeated<symmetric>},
      {"wrap", repeated<wrap>},          {"circular", repeated<wrap>},          {"maximum", with_statistic<maximum_of>},
      {"mean", with_statistic<mean_of>}, {"median", with_statistic<median_of>}, {"minimum", with_statistic<minimum_of>},
      {"linear_ramp", linear_ramp},
  };
  return all;
}

struct PadArgs {
  PadWidth pad_width;
  std::string mode = "constant";
  std::optional<double> constant_values;
};

Value pad_body(const PadArgs& args, const Tensor& x) {
  const auto widths = args.pad_width.of_rank(x.rank());
  std::vector<int64_t> before, after;
  for (const auto& [first, second] : widths) {
    before.push_back(first);
    after.push_back(second);
  }
  if (args.mode == "constant" || args.mode == "empty") {
    if (args.mode == "empty" && args.constant_values)
      throw ValueError("`constant_values` is for mode=\"constant\" only. Received: mode=\"empty\"");
    return low::pad(x.value(), before, after, {}, args.constant_values.value_or(0));
  }
  const auto mode = modes().find(args.mode);
  if (mode == modes().end()) {
    std::vector<std::string_view> known;
    for (const auto& [name, ignored] : modes()) known.push_back(name);
    throw error<ValueError>("`mode` of `pad` must be \"constant\", \"empty\" or one of: {}. Received: mode=\"{}\"",
                            fmt::join(known, ", "), args.mode);
  }
  if (args.constant_values)
    throw error<ValueError>("`constant_values` is for mode=\"constant\" only. Received: mode=\"{}\"", args.mode);
  if (!x.shape().is_known()) return low::pad(x.value(), before, after);  // only the spec matters
  Value out = x.value();
  for (int axis = 0; axis < x.rank(); ++axis) {
    if (before[axis] == 0 && after[axis] == 0) continue;
    if (x.shape()[axis] == 0)
      throw error<ValueError>("`pad` cannot extend the empty axis {} with mode=\"{}\". Received: x.shape={}", axis, args.mode,
                              to_string(x.shape()));
    out = mode->second(out, {axis, x.shape()[axis], before[axis], after[axis]});
  }
  return out;
}
constinit const OpFunction pad_function{"pad", "Pad", kNumpyModule, pad_body, CallField{"constant_values", true}};

constexpr const FunctionRecord* kNumpyPadFunctions[] = {&pad_function};

}  // namespace

FunctionList numpy_pad_functions() { return kNumpyPadFunctions; }

std::vector<std::pair<int64_t, int64_t>> PadWidth::of_rank(int rank) const {
  std::vector<std::pair<int64_t, int64_t>> out;
  if (each_.empty()) out.assign(rank, {all_.values().at(0), all_.values().back()});
  else if (each_.size() == 1) out.assign(rank, {each_[0].front(), each_[0].back()});
  else
    for (const auto& one : each_) out.emplace_back(one.front(), one.back());
  if (static_cast<int>(out.size()) != rank)
    throw error<ValueError>("`pad_width` must have the same length as `x.shape`. Received: pad_width={} for {} axes",
                            to_string(*this), rank);
  for (const auto& [before, after] : out)
    if (before < 0 || after < 0)
      throw error<ValueError>("`pad_width` must not be negative. Received: pad_width={}", to_string(*this));
  return out;
}

Tensor pad(const Tensor& x, const PadWidth& pad_width, const std::string& mode, std::optional<double> constant_values) {
  return pad_function({pad_width, mode, constant_values}, x);
}

}  // namespace cornu::keras::ops
