#include "cornu/keras/ops/function_record.h"
#include "cornu/keras/ops/numpy.h"
#include "cornu/keras/ops/promote.h"
#include "cornu/ops/cumulative/cumulative.h"
#include "cornu/ops/reduce/reduce.h"
#include "cornu/ops/view/view.h"

namespace cornu::keras::ops {
namespace {

struct ReduceArgs {
  IntOrList axis;
  bool keepdims = false;
};
struct ProdArgs {
  IntOrList axis;
  bool keepdims = false;
  std::optional<DType> dtype;
};
struct MaxArgs {
  IntOrList axis;
  bool keepdims = false;
  Tensor initial;
};
struct ArgmaxArgs {
  std::optional<int> axis;
  bool keepdims = false;
};
struct AverageArgs {
  IntOrList axis;
};

Value sum_body(const ReduceArgs& args, const Tensor& x) {
  return low::sum(in_sum_dtype(x), axes_of(args.axis, x), args.keepdims);
}
Value prod_body(const ProdArgs& args, const Tensor& x) {
  return low::prod(args.dtype ? as_dtype(x, *args.dtype) : in_sum_dtype(x), axes_of(args.axis, x), args.keepdims);
}

using Reduce = Value (*)(const Value&, const std::vector<int>&, bool);
using Combine = Value (*)(const Value&, const Value&);

// Bools are ordered as numbers are: the largest of them is whether any is true.
Value extreme(const char* function, Reduce reduce, Reduce of_bools, Combine combine, const MaxArgs& args, const Tensor& x) {
  const std::vector<int> axes = axes_of(args.axis, x);
  const bool bools = x.dtype() == bool_;
  const bool has_elements = low::reduced_elements(x.shape(), axes) != 0;
  if (!args.initial.exists()) {
    if (!has_elements)
      throw error<ValueError>("`{}` of no elements needs `initial`. Received: x.shape={}, axis={}", function,
                              to_string(x.shape()), to_string(args.axis));
    return (bools ? of_bools : reduce)(x.value(), axes, args.keepdims);
  }
  const Value initial = as_dtype(args.initial, x.dtype());
  if (!has_elements) return low::broadcast_to(initial, low::sum(in_number(x), axes, args.keepdims).shape());
  return combine((bools ? of_bools : reduce)(x.value(), axes, args.keepdims), initial);
}
Value max_body(const MaxArgs& args, const Tensor& x) {
  return extreme("max", low::max, low::any, x.dtype() == bool_ ? low::logical_or : low::maximum, args, x);
}
Value min_body(const MaxArgs& args, const Tensor& x) {
  return extreme("min", low::min, low::all, x.dtype() == bool_ ? low::logical_and : low::minimum, args, x);
}
Value amax_body(const ReduceArgs& args, const Tensor& x) { return max_body({args.axis, args.keepdims, {}}, x); }
Value amin_body(const ReduceArgs& args, const Tensor& x) { return min_body({args.axis, args.keepdims, {}}, x); }
Value ptp_body(const ReduceArgs& args, const Tensor& x) { return amax_body(args, x) - amin_body(args, x); }

Value any_body(const ReduceArgs& args, const Tensor& x) { return low::any(in_bool(x), axes_of(args.axis, x), args.keepdims); }
Value all_body(const ReduceArgs& args, const Tensor& x) { return low::all(in_bool(x), axes_of(args.axis, x), args.keepdims); }
Value count_nonzero_body(const AverageArgs& args, const Tensor& x) {
  return low::sum(low::cast(in_bool(x), int32), axes_of(args.axis, x));
}

Value mean_body(const ReduceArgs& args, const Tensor& x) { return low::mean(in_float(x), axes_of(args.axis, x), args.keepdims); }
Value var_body(const ReduceArgs& args, const Tensor& x) {
  return low::variance(in_float(x), axes_of(args.axis, x), args.keepdims);
}
Value std_body(const ReduceArgs& args, const Tensor& x) {
  return low::standard_deviation(in_float(x), axes_of(args.axis, x), args.keepdims);
}
Value average_body(const AverageArgs& args, const Tensor& x, const Tensor& weights) {
  const std::vector<int> axes = axes_of(args.axis, x);
  if (!weights.exists()) return low::mean(in_float(x), axes);
  const DType dtype = common_dtype({&x, &weights}, kWeakFloat);
  Value w = as_dtype(weights, dtype);
  // Weights of one axis stand along it.
  if (w.shape().rank() == 1 && x.rank() > 1 && axes.size() == 1) {
    Shape shape(std::vector<int64_t>(x.rank(), 1));
    shape[axes[0]] = w.shape()[0];
    w = low::reshape(w, shape);
  }
  w = low::broadcast_to(w, x.shape());
  return low::sum(as_dtype(x, dtype) * w, axes) / low::sum(w, axes);
}

struct CumulativeArgs {
  std::optional<int> axis;
  std::optional<DType> dtype;
};
// Of the flattened tensor where no axis is given.
Value cumulative(const CumulativeArgs& args, const Tensor& x, Value (*accumulate)(const Value&, int, bool)) {
  const Value value = args.dtype ? as_dtype(x, *args.dtype) : in_number(x);
  return args.axis ? accumulate(value, *args.axis, false) : accumulate(low::reshape(value, {-1}), 0, false);
}
Value cumsum_body(const CumulativeArgs& args, const Tensor& x) { return cumulative(args, x, low::cumsum); }
Value cumprod_body(const CumulativeArgs& args, const Tensor& x) { return cumulative(args, x, low::cumprod); }

using Position = Value (*)(const Value&, const std::vector<int>&, bool);
Value position(Position find, const ArgmaxArgs& args, const Tensor& x) {
  return find(x.dtype() == bool_ ? in_number(x) : x.value(), args.axis ? std::vector{*args.axis} : low::all_axes(x.value()),
              args.keepdims);
}
Value argmax_body(const ArgmaxArgs& args, const Tensor& x) { return position(low::argmax, args, x); }
Value argmin_body(const ArgmaxArgs& args, const Tensor& x) { return position(low::argmin, args, x); }

constinit const OpFunction sum_function{"sum", "Sum", kNumpyModule, sum_body};
constinit const OpFunction prod_function{"prod", "Prod", kNumpyModule, prod_body};
constinit const OpFunction max_function{"max", "Max", kNumpyModule, max_body};
constinit const OpFunction min_function{"min", "Min", kNumpyModule, min_body};
constinit const OpFunction amax_function{"amax", "Amax", kNumpyModule, amax_body};
constinit const OpFunction amin_function{"amin", "Amin", kNumpyModule, amin_body};
constinit const OpFunction ptp_function{"ptp", "Ptp", kNumpyModule, ptp_body};
constinit const OpFunction any_function{"any", "Any", kNumpyModule, any_body};
constinit const OpFunction all_function{"all", "All", kNumpyModule, all_body};
constinit const OpFunction count_nonzero_function{"count_nonzero", "CountNonzero", kNumpyModule, count_nonzero_body};
constinit const OpFunction mean_function{"mean", "Mean", kNumpyModule, mean_body};
constinit const OpFunction var_function{"var", "Var", kNumpyModule, var_body};
constinit const OpFunction std_function{"std", "Std", kNumpyModule, std_body};
constinit const OpFunction average_function{"average", "Average", kNumpyModule, average_body};
constinit const OpFunction cumsum_function{"cumsum", "Cumsum", kNumpyModule, cumsum_body};
constinit const OpFunction cumprod_function{"cumprod", "Cumprod", kNumpyModule, cumprod_body};
constinit const OpFunction argmax_function{"argmax", "Argmax", kNumpyModule, argmax_body};
constinit const OpFunction argmin_function{"argmin", "Argmin", kNumpyModule, argmin_body};

constexpr const FunctionRecord* kNumpyReduceFunctions[] = {
    &sum_function, &prod_function,    &max_function,    &min_function,           &amax_function,   &amin_function,
    &ptp_function, &any_function,     &all_function,    &count_nonzero_function, &mean_function,   &var_function,
    &std_function, &average_function, &cumsum_function, &cumprod_function,       &argmax_function, &argmin_function,
};

}  // namespace

FunctionList numpy_reduce_functions() { return kNumpyReduceFunctions; }

Tensor sum(const Tensor& x, const IntOrList& axis, bool keepdims) { return sum_function({axis, keepdims}, x); }
Tensor prod(const Tensor& x, const IntOrList& axis, bool keepdims, std::optional<DType> dtype) {
  return prod_function({axis, keepdims, dtype}, x);
}
Tensor max(const Tensor& x, const IntOrList& axis, bool keepdims, const Tensor& initial) {
  return max_function({axis, keepdims, initial}, x);
}
Tensor min(const Tensor& x, const IntOrList& axis, bool keepdims, const Tensor& initial) {
  return min_function({axis, keepdims, initial}, x);
}
Tensor amax(const Tensor& x, const IntOrList& axis, bool keepdims) { return amax_function({axis, keepdims}, x); }
Tensor amin(const Tensor& x, const IntOrList& axis, bool keepdims) { return amin_function({axis, keepdims}, x); }
Tensor ptp(const Tensor& x, const IntOrList& axis, bool keepdims) { return ptp_function({axis, keepdims}, x); }
Tensor any(const Tensor& x, const IntOrList& axis, bool keepdims) { return any_function({axis, keepdims}, x); }
Tensor all(const Tensor& x, const IntOrList& axis, bool keepdims) { return all_function({axis, keepdims}, x); }
Tensor count_nonzero(const Tensor& x, const IntOrList& axis) { return count_nonzero_function({axis}, x); }
Tensor mean(const Tensor& x, const IntOrList& axis, bool keepdims) { return mean_function({axis, keepdims}, x); }
Tensor average(const Tensor& x, const IntOrList& axis, const Tensor& weights) { return average_function({axis}, x, weights); }
Tensor var(const Tensor& x, const IntOrList& axis, bool keepdims) { return var_function({axis, keepdims}, x); }
Tensor std(const Tensor& x, const IntOrList& axis, bool keepdims) { return std_function({axis, keepdims}, x); }
Tensor cumsum(const Tensor& x, std::optional<int> axis, std::optional<DType> dtype) { return cumsum_function({axis, dtype}, x); }
Tensor cumprod(const Tensor& x, std::optional<int> axis, std::optional<DType> dtype) {
  return cumprod_function({axis, dtype}, x);
}
Tensor argmax(const Tensor& x, std::optional<int> axis, bool keepdims) { return argmax_function({axis, keepdims}, x); }
Tensor argmin(const Tensor& x, std::optional<int> axis, bool keepdims) { return argmin_function({axis, keepdims}, x); }

}  // namespace cornu::keras::ops
