#include "cornu/keras/ops/math.h"

#include <limits>

#include "cornu/keras/ops/function_record.h"
#include "cornu/keras/ops/promote.h"
#include "cornu/ops/gather/gather.h"
#include "cornu/ops/reduce/reduce.h"
#include "cornu/ops/scatter/scatter.h"
#include "cornu/ops/sort/sort.h"
#include "cornu/ops/view/view.h"

namespace cornu::keras::ops {
namespace {

struct TopKArgs {
  int64_t k = 0;
  bool sorted = true;
};
std::vector<Value> top_k_body(const TopKArgs& args, const Tensor& x) {
  const low::TopK best = low::top_k(x.value(), args.k);
  return {best.values, best.indices};
}
constinit const OpFunction top_k_function{"top_k", "TopK", kMathModule, top_k_body};

struct InTopKArgs {
  int64_t k = 0;
};
// The target's rank is one more than there are larger predictions. A NaN, or a target that is no class, ranks last.
Value in_top_k_body(const InTopKArgs& args, const Tensor& targets, const Tensor& predictions) {
  const Value all = predictions.value(), chosen = low::take_along_axis(all, low::expand_dims(targets.value(), -1), -1);
  const Value bound =
      all.dtype().is_floating()
          ? low::select(low::is_nan(chosen), low::full_like(chosen, -std::numeric_limits<double>::infinity()), chosen)
          : chosen;
  const Value larger = low::sum(low::cast(low::greater(all, bound), int32), {-1});
  return low::less(larger, low::full_like(larger, double(args.k)));
}
constinit const OpFunction in_top_k_function{"in_top_k", "InTopK", kMathModule, in_top_k_body};

struct SegmentArgs {
  std::optional<int64_t> num_segments;
  bool sorted = false;
};
template <low::ScatterReduction kReduction>
Value segment_body(const SegmentArgs& args, const Tensor& data, const Tensor& segment_ids) {
  if (!args.num_segments) throw ValueError("Argument `num_segments` must be set. Received: num_segments=None");
  if (segment_ids.rank() != 1)
    throw error<ValueError>("Argument `segment_ids` should be a 1-D vector. Received: segment_ids.shape={}",
                            to_string(segment_ids.shape()));
  if (int64_t rows; data.rank() == 0 || !merge_dims(segment_ids.shape()[0], data.shape()[0], rows))
    throw error<ValueError>(
        "Argument `segment_ids` and `data` should have same leading dimension. Received: segment_ids.shape={}, data.shape={}",
        to_string(segment_ids.shape()), to_string(data.shape()));
  return low::segment_reduce(data.value(), segment_ids.value(), *args.num_segments, kReduction);
}
constinit const OpFunction segment_sum_function{"segment_sum", "SegmentSum", kMathModule,
                                                segment_body<low::ScatterReduction::add>};
constinit const OpFunction segment_max_function{"segment_max", "SegmentMax", kMathModule,
                                                segment_body<low::ScatterReduction::max>};
constinit const OpFunction segment_min_function{"segment_min", "SegmentMin", kMathModule,
                                                segment_body<low::ScatterReduction::min>};
constinit const OpFunction segment_prod_function{"segment_prod", "SegmentProd", kMathModule,
                                                 segment_body<low::ScatterReduction::mul>};

constinit const OpFunction erf_function{"erf", "Erf", kMathModule, float_body<low::erf>};
constinit const OpFunction erfc_function{"erfc", "Erfc", kMathModule, float_body<low::erfc>};
constinit const OpFunction erfinv_function{"erfinv", "Erfinv", kMathModule, float_body<low::erf_inv>};
constinit const OpFunction rsqrt_function{"rsqrt", "Rsqrt", kMathModule, float_body<low::rsqrt>};

Value gammainc_body(const NoArgs&, const Tensor& x1, const Tensor& x2) {
  return in_common_float(low::gammainc, x1, x2);
}
constinit const OpFunction gammainc_function{"gammainc", "Gammainc", kMathModule, gammainc_body};

struct LogsumexpArgs {
  IntOrList axis;
  bool keepdims = false;
};
Value logsumexp_body(const LogsumexpArgs& args, const Tensor& x) {
  return low::logsumexp(in_float(x), axes_of(args.axis, x), args.keepdims);
}
constinit const OpFunction logsumexp_function{"logsumexp", "Logsumexp", kMathModule, logsumexp_body};

constexpr const FunctionRecord* kMathFunctions[] = {&top_k_function,       &in_top_k_function,    &segment_sum_function,
                                                    &segment_max_function, &segment_min_function, &segment_prod_function,
                                                    &erf_function,         &erfc_function,        &erfinv_function,
                                                    &rsqrt_function,       &gammainc_function,    &logsumexp_function};

}  // namespace

FunctionList math_functions() { return kMathFunctions; }

std::pair<Tensor, Tensor> top_k(const Tensor& x, int64_t k, bool sorted) {
  const auto best = top_k_function({k, sorted}, x);
  return {best[0], best[1]};
}
Tensor in_top_k(const Tensor& targets, const Tensor& predictions, int64_t k) {
  return in_top_k_function({k}, targets, predictions);
}
Tensor segment_sum(const Tensor& data, const Tensor& segment_ids, std::optional<int64_t> num_segments, bool sorted) {
  return segment_sum_function({num_segments, sorted}, data, segment_ids);
}
Tensor segment_max(const Tensor& data, const Tensor& segment_ids, std::optional<int64_t> num_segments, bool sorted) {
  return segment_max_function({num_segments, sorted}, data, segment_ids);
}
Tensor segment_min(const Tensor& data, const Tensor& segment_ids, std::optional<int64_t> num_segments, bool sorted) {
  return segment_min_function({num_segments, sorted}, data, segment_ids);
}
Tensor segment_prod(const Tensor& data, const Tensor& segment_ids, std::optional<int64_t> num_segments, bool sorted) {
  return segment_prod_function({num_segments, sorted}, data, segment_ids);
}
Tensor erf(const Tensor& x) { return erf_function({}, x); }
Tensor erfc(const Tensor& x) { return erfc_function({}, x); }
Tensor erfinv(const Tensor& x) { return erfinv_function({}, x); }
Tensor rsqrt(const Tensor& x) { return rsqrt_function({}, x); }
Tensor gammainc(const Tensor& x1, const Tensor& x2) { return gammainc_function({}, x1, x2); }
Tensor logsumexp(const Tensor& x, const IntOrList& axis, bool keepdims) { return logsumexp_function({axis, keepdims}, x); }

}  // namespace cornu::keras::ops
