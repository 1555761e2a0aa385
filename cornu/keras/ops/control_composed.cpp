#include <algorithm>

#include "cornu/keras/ops/control.h"
#include "cornu/keras/ops/control_function.h"
#include "cornu/keras/ops/promote.h"
#include "cornu/ops/concat/concat.h"
#include "cornu/ops/iota/iota.h"
#include "cornu/ops/view/view.h"

// Control flow that is made of cond, while_loop and scan.

namespace cornu::keras::ops {
namespace {

constinit const ControlFunction map_function{"map", "Map"};
constinit const ControlFunction vectorized_map_function{"vectorized_map", "VectorizedMap"};
constinit const ControlFunction fori_loop_function{"fori_loop", "ForiLoop"};
constinit const ControlFunction switch_function{"switch", "Switch"};
constinit const ControlFunction associative_scan_function{"associative_scan", "AssociativeScan"};

TensorNest compute_map(const StateFunction& f, const TensorNest& xs) {
  const ScanFunction step = [&](const TensorNest&, const TensorNest& x) { return std::pair(TensorNest(), f(x)); };
  return nests::scan(step, TensorNest(), xs, {}).second;
}

using ForiBody = std::function<TensorNest(const Tensor&, const TensorNest&)>;

// A scan where the number of steps is known.
TensorNest compute_fori_loop(const Tensor& lower, const Tensor& upper, const ForiBody& body, const TensorNest& init) {
  if (lower.is_number() && upper.is_number()) {
    const auto first = static_cast<int64_t>(lower.number());
    const int64_t count = std::max<int64_t>(0, static_cast<int64_t>(upper.number()) - first);
    const Tensor indices(low::iota(int32, {count}, 0) + static_cast<double>(first));
    const ScanFunction step = [&](const TensorNest& val, const TensorNest& i) {
      return std::pair(body(i.leaf(), val), TensorNest());
    };
    return nests::scan(step, init, indices, {}).first;
  }
  const DType dtype = common_dtype({&lower, &upper});
  if (!dtype.is_integer())
    throw error<ValueError>("The bounds of `fori_loop` must be integers. Received: dtype={}", dtype.name());
  const Tensor last(as_dtype(upper, dtype));
  const auto go_on = [&](const TensorNest& state) {
    return TensorNest(Tensor(low::less(state.list()[0].leaf().value(), last.value())));
  };
  const auto step = [&](const TensorNest& state) -> TensorNest {
    const Tensor i = state.list()[0].leaf();
    return TensorNest::List{Tensor(i.value() + 1.0), body(i, state.list()[1])};
  };
  return nests::while_loop(go_on, step, TensorNest::List{Tensor(as_dtype(lower, dtype)), init}, {}).list()[1];
}

// The first branch where the index is not above its number, else the others.
TensorNest compute_switch(const Tensor& index, std::span<const StateFunction> branches, const TensorNest& operands,
                          int first = 0) {
  if (branches.size() == 1) return branches[0](operands);
  const Tensor here(low::less_equal(index.value(), ir::integer_constant(first, index.dtype())));
  return nests::cond(
      here, [&] { return branches[0](operands); },
      [&] { return compute_switch(index, branches.subspan(1), operands, first + 1); });
}

// --- associative_scan ---

using Combine = std::function<TensorNest(const TensorNest&, const TensorNest&)>;

TensorNest sliced(const TensorNest& nest, int axis, int64_t start, int64_t stop, int64_t stride = 1) {
  return nest.map([&](const Tensor& t) { return Tensor(low::slice_axis(t.value(), axis, start, stop, stride)); });
}
TensorNest zipped(const TensorNest& a, const TensorNest& b, const std::function<Value(const Value&, const Value&)>& f) {
  const auto others = b.flatten();
  auto next = others.begin();
  return a.map([&](const Tensor& t) { return Tensor(f(t.value(), (next++)->value())); });
}
int64_t extent_of(const TensorNest& elems, int axis) {
  std::optional<int64_t> extent;
  elems.visit([&](const Tensor& t) {
    const int64_t own = t.shape()[normalize_axis(axis, t.rank(), "axis")];
    if (extent && own != *extent)
      throw error<ValueError>("Array inputs to `associative_scan` must have the same size along axis={}. Received: {} and {}",
                              axis, *extent, own);
    extent = own;
  });
  if (!extent) throw ValueError("`associative_scan` needs at least one tensor.");
  if (*extent == Shape::kUnknown)
    throw error<ValueError>("`associative_scan` needs an axis of known size. Received: axis={}, of size None", axis);
  return *extent;
}

// Neighbours are combined and scanned: these are the results at odd places. Each even one follows from the odd one before it.
TensorNest compute_associative_scan(const Combine& f, const TensorNest& elems, int axis) {
  const int64_t extent = extent_of(elems, axis);
  if (extent < 2) return elems;
  const int64_t pairs = extent / 2;
  const TensorNest odd =
      compute_associative_scan(f, f(sliced(elems, axis, 0, 2 * pairs, 2), sliced(elems, axis, 1, 2 * pairs, 2)), axis);
  const TensorNest first = sliced(elems, axis, 0, 1);
  TensorNest even = first;
  if (extent > 2) {
    const TensorNest later = f(sliced(odd, axis, 0, (extent - 1) / 2), sliced(elems, axis, 2, low::kSliceEnd, 2));
    even = zipped(first, later, [&](const Value& a, const Value& b) { return low::concat({a, b}, axis); });
  }
  return zipped(even, odd, [&](const Value& a, const Value& b) {
    const int at = normalize_axis(axis, a.shape().rank(), "axis");
    Shape shape = b.shape();
    shape[at] = 2 * pairs;
    const Value both = low::reshape(low::stack({low::slice_axis(a, at, 0, pairs), b}, at + 1), shape);
    return extent == 2 * pairs ? both : low::concat({both, low::slice_axis(a, at, pairs, pairs + 1)}, at);
  });
}

constexpr const FunctionRecord* kComposedControlFunctions[] = {&map_function, &vectorized_map_function, &fori_loop_function,
                                                               &switch_function, &associative_scan_function};

}  // namespace

FunctionList composed_control_functions() { return kComposedControlFunctions; }

namespace nests {

using Operands = std::vector<TensorNest>;

TensorNest map(const StateFunction& f, const TensorNest& xs) {
  return map_function({xs}, [=](const Operands& in) { return compute_map(f, in[0]); });
}
TensorNest vectorized_map(const StateFunction& function, const TensorNest& elements) {
  return vectorized_map_function({elements}, [=](const Operands& in) { return compute_map(function, in[0]); });
}
TensorNest fori_loop(const Tensor& lower, const Tensor& upper, const ForiBody& body_fun, const TensorNest& init_val) {
  const auto body = [=](const Operands& in) { return compute_fori_loop(in[0].leaf(), in[1].leaf(), body_fun, in[2]); };
  return fori_loop_function({lower, upper, init_val}, body);
}
TensorNest switch_(const Tensor& index, const std::vector<StateFunction>& branches, const TensorNest& operands) {
  if (branches.empty()) throw ValueError("`switch` needs at least one branch.");
  if (!index.dtype().is_integer() || index.rank() != 0)
    throw error<ValueError>("`index` of `switch` must be an integer scalar. Received: {}", ir::to_string(index.spec()));
  return switch_function({index, operands}, [=](const Operands& in) { return compute_switch(in[0].leaf(), branches, in[1]); });
}
TensorNest associative_scan(const Combine& f, const TensorNest& elems, const AssociativeScanArgs& args) {
  return associative_scan_function({elems}, [=](const Operands& in) {
    const auto turned = [&](const TensorNest& nest) {
      if (!args.reverse) return nest;
      return nest.map([&](const Tensor& t) { return Tensor(low::flip(t.value(), {args.axis})); });
    };
    return turned(compute_associative_scan(f, turned(in[0]), args.axis));
  });
}

}  // namespace nests
}  // namespace cornu::keras::ops
