#include "cornu/keras/ops/function_record.h"
#include "cornu/keras/ops/numpy.h"
#include "cornu/keras/ops/promote.h"
#include "cornu/ops/reduce/reduce.h"
#include "cornu/ops/sort/sort.h"
#include "cornu/ops/view/view.h"

namespace cornu::keras::ops {
namespace {

struct SortArgs {
  std::optional<int> axis = -1;
};
// `axis` None is the last axis of the flattened tensor.
Value along(const std::optional<int>& axis, const Tensor& x, Value (*sort)(const Value&, int)) {
  return axis ? sort(x.value(), *axis) : sort(low::reshape(x.value(), {-1}), 0);
}
Value sort_body(const SortArgs& args, const Tensor& x) { return along(args.axis, x, low::sort); }
Value argsort_body(const SortArgs& args, const Tensor& x) {
  return along(x.rank() == 0 ? std::nullopt : args.axis, x, low::argsort);
}
constinit const OpFunction sort_function{"sort", "Sort", kNumpyModule, sort_body};
constinit const OpFunction argsort_function{"argsort", "Argsort", kNumpyModule, argsort_body};

// In sort's order, where NaN is the largest.
Value comes_before(const Value& a, const Value& b) {
  const Value smaller = low::less(a, b);
  if (!a.dtype().is_floating()) return smaller;
  return low::logical_or(smaller, low::logical_and(low::is_nan(b), low::logical_not(low::is_nan(a))));
}
// How many elements stand before the place of each value: with `left` those that are smaller, else those that are not larger.
Value places(const Value& sequence, const Value& values, bool left) {
  const Value each = low::expand_dims(values, -1);
  return low::sum(low::cast(left ? comes_before(sequence, each) : low::logical_not(comes_before(each, sequence)), int32), {-1});
}

struct SearchSortedArgs {
  std::string side = "left";
};
Value searchsorted_body(const SearchSortedArgs& args, const Tensor& sorted_sequence, const Tensor& values) {
  if (sorted_sequence.rank() != 1)
    throw error<ValueError>("`searchsorted` only supports 1-D sorted sequences. Received: sorted_sequence.shape={}",
                            to_string(sorted_sequence.shape()));
  if (args.side != "left" && args.side != "right")
    throw error<ValueError>("`side` must be \"left\" or \"right\". Received: side=\"{}\"", args.side);
  const DType dtype = common_dtype({&sorted_sequence, &values});
  return places(as_dtype(sorted_sequence, dtype), as_dtype(values, dtype), args.side == "left");
}
constinit const OpFunction searchsorted_function{"searchsorted", "SearchSorted", kNumpyModule, searchsorted_body};

// How many bins are not larger than an element; of bins that fall, how many are.
Value digitize_body(const NoArgs&, const Tensor& x, const Tensor& bins) {
  if (bins.rank() != 1)
    throw error<ValueError>("`bins` of `digitize` must be 1-D. Received: bins.shape={}", to_string(bins.shape()));
  const DType dtype = common_dtype({&x, &bins});
  const Value edges = as_dtype(bins, dtype), not_larger = places(edges, as_dtype(x, dtype), false);
  const int64_t count = bins.shape()[0];
  if (count == 0) return not_larger;
  const Value falls = low::less(low::slice_axis(edges, 0, -1, low::kSliceEnd), low::slice_axis(edges, 0, 0, 1));
  const Value larger = low::full_like(not_larger, double(count)) - not_larger;
  return low::select(low::broadcast_to(low::reshape(falls, {}), larger.shape()), larger, not_larger);
}
constinit const OpFunction digitize_function{"digitize", "Digitize", kNumpyModule, digitize_body};

struct MedianArgs {
  IntOrList axis;
  bool keepdims = false;
};
Value median_body(const MedianArgs& args, const Tensor& x) {
  const std::vector<int> axes = axes_of(args.axis, x);
  const Value value = in_float(x);
  const Shape kept = low::sum(value, axes, true).shape();
  if (low::reduced_elements(x.shape(), axes) == 0 ||
      !x.shape().is_known())  // NaN of nothing; where a dim is unknown only the spec matters
    return low::mean(value, axes, args.keepdims);
  std::vector<int> order;
  Shape lines;
  for (int axis = 0; axis < x.rank(); ++axis)
    if (!std::binary_search(axes.begin(), axes.end(), axis)) {
      order.push_back(axis);
      lines.push_back(x.shape()[axis]);
    }
  order.insert(order.end(), axes.begin(), axes.end());
  lines.push_back(low::reduced_elements(x.shape(), axes));
  const Value middle = low::median(low::reshape(low::transpose(value, order), lines), -1);
  return low::reshape(middle, args.keepdims ? kept : Shape(std::vector<int64_t>(lines.begin(), lines.end() - 1)));
}
constinit const OpFunction median_function{"median", "Median", kNumpyModule, median_body};

constexpr const FunctionRecord* kNumpySortFunctions[] = {&sort_function, &argsort_function, &searchsorted_function,
                                                         &digitize_function, &median_function};

}  // namespace

FunctionList numpy_sort_functions() { return kNumpySortFunctions; }

Tensor sort(const Tensor& x, std::optional<int> axis) { return sort_function({axis}, x); }
Tensor argsort(const Tensor& x, std::optional<int> axis) { return argsort_function({axis}, x); }
Tensor searchsorted(const Tensor& sorted_sequence, const Tensor& values, const std::string& side) {
  return searchsorted_function({side}, sorted_sequence, values);
}
Tensor median(const Tensor& x, const IntOrList& axis, bool keepdims) { return median_function({axis, keepdims}, x); }
Tensor digitize(const Tensor& x, const Tensor& bins) { return digitize_function({}, x, bins); }

}  // namespace cornu::keras::ops
