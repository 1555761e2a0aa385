#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "cornu/keras/dtype_policy.h"
#include "cornu/keras/ops/function_record.h"
#include "cornu/keras/ops/linalg.h"
#include "cornu/keras/ops/nn.h"
#include "cornu/keras/ops/promote.h"
#include "cornu/ops/reduce/reduce.h"
#include "cornu/ops/view/view.h"

namespace cornu::keras::ops {
namespace {

// --- norm ---

struct NormArgs {
  NormOrder ord;
  IntOrList axis;
  bool keepdims = false;
};

Value root_of_squares(const Value& x, const std::vector<int>& axes, bool keepdims) {
  return low::sqrt(low::sum(low::square(x), axes, keepdims));
}

Value vector_norm(const Value& x, double order, int axis, bool keepdims) {
  if (order == 2) return root_of_squares(x, {axis}, keepdims);
  if (order == 0) return low::sum(low::cast(low::not_equal(x, low::zeros_like(x)), x.dtype()), {axis}, keepdims);
  const Value magnitude = low::abs(x);
  if (std::isinf(order)) return (order > 0 ? low::max : low::min)(magnitude, {axis}, keepdims);
  if (order == 1) return low::sum(magnitude, {axis}, keepdims);
  const Value sum = low::sum(low::pow(magnitude, low::full_like(magnitude, order)), {axis}, keepdims);
  return low::pow(sum, low::full_like(sum, 1 / order));
}

// 1: of columns, inf: of rows; the negative ones the smallest.
Value matrix_norm(const Value& x, const NormOrder& order, int rows, int columns, bool keepdims) {
  if (order.is_none() || order.is_frobenius()) return root_of_squares(x, {rows, columns}, keepdims);
  const double number = order.number();
  if (std::abs(number) != 1 && !std::isinf(number))
    throw error<ValueError>("Invalid `ord` argument for matrix norm. Expected None, 'fro', 1, -1, inf or -inf. Received: ord={}",
                            to_string(order));
  const bool of_columns = std::abs(number) == 1;
  const Value sums = low::sum(low::abs(x), {of_columns ? rows : columns}, true);
  const Value extreme = (number > 0 ? low::max : low::min)(sums, {rows, columns}, true);
  return keepdims ? extreme : low::squeeze(extreme, {rows, columns});
}

Value norm_of(const NormArgs& args, const Value& x) {
  const int rank = x.shape().rank();
  if (args.axis.is_none() && args.ord.is_none()) return root_of_squares(x, low::all_axes(x), args.keepdims);
  const auto axes = args.axis.is_none() ? low::all_axes(x) : normalize_axes(args.axis.as_ints(), rank, "norm", false);
  if (axes.size() == 2) return matrix_norm(x, args.ord, axes[0], axes[1], args.keepdims);
  if (axes.size() != 1)
    throw error<ValueError>("`axis` must be one axis of vectors or two of matrices. Received: x.shape={}, axis={}",
                            to_string(x.shape()), to_string(args.axis));
  if (args.ord.is_frobenius())
    throw error<ValueError>("Invalid `ord` argument for vector norm. Received: ord={}", to_string(args.ord));
  return vector_norm(x, args.ord.is_none() ? 2 : args.ord.number(), axes[0], args.keepdims);
}
Value norm_body(const NormArgs& args, const Tensor& x) { return norm_of(args, in_float(x)); }
const OpFunction norm_function{"norm", "Norm", kLinalgModule, norm_body};

// --- normalize ---

struct NormalizeArgs {
  IntOrList axis = -1;
  int order = 2;
  std::optional<double> epsilon;
};
Value normalize_body(const NormalizeArgs& args, const Tensor& given) {
  if (args.order < 1) throw error<ValueError>("Argument `order` must be an int >= 1. Received: order={}", args.order);
  const Value x = given.rank() == 0 ? low::reshape(in_float(given), {1}) : in_float(given);
  const double epsilon = args.epsilon.value_or(config::epsilon());
  if (args.order == 2) {
    const auto axes =
        args.axis.is_none() ? low::all_axes(x) : normalize_axes(args.axis.as_ints(), x.shape().rank(), "normalize", false);
    const Value inverse = low::rsqrt(low::sum(low::square(x), axes, true));
    return low::mul(x, low::broadcast_to(low::minimum(inverse, low::full_like(inverse, 1 / epsilon)), x.shape()));
  }
  const Value length = norm_of({args.order, args.axis, true}, x);
  return low::div(x, low::broadcast_to(low::maximum(length, low::full_like(length, epsilon)), x.shape()));
}
const OpFunction normalize_function{"normalize", "Normalize", kNnModule, normalize_body};

// --- moments ---

struct MomentsArgs {
  IntOrList axes;
  bool keepdims = false;
  bool synchronized = false;
};
// Kept within float16's range where they are rounded to 16 bits, as Keras does for bfloat16 too.
Value narrowed(const Value& x, DType dtype) {
  if (x.dtype() == dtype) return x;
  constexpr double kLargestFloat16 = 65504;
  return low::cast(low::clip(x, low::full_like(x, -kLargestFloat16), low::full_like(x, kLargestFloat16)), dtype);
}
std::vector<Value> moments_body(const MomentsArgs& args, const Tensor& given) {
  if (args.synchronized) throw ValueError("Argument `synchronized` is for several devices. Received: synchronized=true");
  const Value x = in_float(given), wide = x.dtype().size() > 2 ? x : low::cast(x, float32);
  const auto axes = axes_of(args.axes, given);
  return {narrowed(low::mean(wide, axes, args.keepdims), x.dtype()),
          narrowed(low::variance(wide, axes, args.keepdims), x.dtype())};
}
const OpFunction moments_function{"moments", "Moments", kNnModule, moments_body};

const FunctionRecord* const kNormFunctions[] = {&norm_function, &normalize_function, &moments_function};

}  // namespace

FunctionList norm_functions() { return kNormFunctions; }

NormOrder::NormOrder(const std::string& name) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (name == "inf" || name == "-inf") value_ = name == "inf" ? kInfinity : -kInfinity;
  else if (name == "fro") value_ = name;
  else throw error<ValueError>("Invalid `ord` argument. Expected a number, 'fro', 'inf' or '-inf'. Received: ord={}", name);
}
std::string to_string(const NormOrder& value) { return json_of(value).dump(); }
// JSON has no infinity.
void write_json(const NormOrder& value, Json& out) {
  if (value.is_none()) out = nullptr;
  else if (value.is_frobenius()) out = "fro";
  else if (std::isinf(value.number())) out = value.number() > 0 ? "inf" : "-inf";
  else out = value.number();
}
void read_json(const Json& json, NormOrder& value) {
  if (json.is_null()) value = NormOrder();
  else if (json.is_string()) value = NormOrder(json.get<std::string>());
  else if (json.is_number()) value = json.get<double>();
  else saving::mismatch("a number or the name of a norm", json);
}

Tensor norm(const Tensor& x, const NormOrder& ord, const IntOrList& axis, bool keepdims) {
  return norm_function({ord, axis, keepdims}, x);
}
Tensor normalize(const Tensor& x, const IntOrList& axis, int order, std::optional<double> epsilon) {
  return normalize_function({axis, order, epsilon}, x);
}
std::pair<Tensor, Tensor> moments(const Tensor& x, const IntOrList& axes, bool keepdims, bool synchronized) {
  const auto both = moments_function({axes, keepdims, synchronized}, x);
  return {both[0], both[1]};
}

}  // namespace cornu::keras::ops
