#include "cornu/keras/regularizers/regularizers.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "cornu/base/python_names.h"
#include "cornu/keras/dtype_policy.h"
#include "cornu/keras/function_object.h"
#include "cornu/keras/ops/math.h"
#include "cornu/keras/ops/nn.h"
#include "cornu/keras/ops/numpy.h"
#include "cornu/keras/saving/serialization.h"

namespace cornu::keras {
namespace regularizers {
namespace {

template <class Args>
Regularizer make_regularizer(const char* class_name, Args args, Tensor (*function)(const Args&, const Tensor&)) {
  using Object = FunctionObject<RegularizerImpl, Args, const Tensor&>;
  return Regularizer(std::make_shared<const Object>(class_name, std::move(args), function));
}

void check_factor(const char* name, double factor) {
  if (!(factor >= 0) || std::isinf(factor))
    throw error<ValueError>("Invalid value for argument {}: expected a non-negative float. Received: {}={}", name, name, factor);
}

Tensor orthogonality(const OrthogonalRegularizerArgs& args, const Tensor& x) {
  if (x.rank() != 2)
    throw error<ValueError>("Inputs to OrthogonalRegularizer must have rank 2. Received: inputs.shape={}", to_string(x.shape()));
  const Tensor rows = args.mode == "rows" ? x : ops::transpose(x);
  const Tensor inverse_norms = ops::rsqrt(ops::sum(ops::square(rows), -1, true));
  const Tensor unit = rows * ops::minimum(inverse_norms, 1.0 / config::epsilon());
  const int64_t count = rows.shape()[0];
  const Tensor cosines = ops::matmul(unit, ops::transpose(unit)) * (1.0 - ops::eye(count, {}, 0, x.dtype()));
  const double pairs = double(count) * (double(count) - 1) / 2;
  return args.factor * 0.5 * ops::sum(ops::absolute(cosines)) / pairs;  // each pair is there twice
}

}  // namespace

Regularizer L2(L2Args args) {
  check_factor("l2", args.l2);
  return make_regularizer(
      "L2", args, +[](const L2Args& a, const Tensor& x) { return ops::sum(ops::square(x)) * a.l2; });
}
Regularizer L1(L1Args args) {
  check_factor("l1", args.l1);
  return make_regularizer(
      "L1", args, +[](const L1Args& a, const Tensor& x) { return ops::sum(ops::absolute(x)) * a.l1; });
}

Regularizer L1L2(L1L2Args args) {
  check_factor("l1", args.l1);
  check_factor("l2", args.l2);
  return make_regularizer(
      "L1L2", args,
      +[](const L1L2Args& a, const Tensor& x) { return ops::sum(ops::absolute(x)) * a.l1 + ops::sum(ops::square(x)) * a.l2; });
}

Regularizer OrthogonalRegularizer(OrthogonalRegularizerArgs args) {
  check_factor("factor", args.factor);
  if (args.mode != "rows" && args.mode != "columns")
    throw error<ValueError>("Invalid value for argument `mode`. Expected one of {{\"rows\", \"columns\"}}. Received: mode={}",
                            args.mode);
  args.factor = float(args.factor);  // Keras keeps it as a tensor, and files show it
  return make_regularizer("OrthogonalRegularizer", args, orthogonality);
}

std::span<const RegularizerRow> registry() {
#define ROW(Class, ...)                                                                                       \
  {                                                                                                           \
#Class, {__VA_ARGS__ }, +[](const Json& config) { return Class(saving::from_json<Class##Args>(config)); } \
  }
  static const RegularizerRow rows[] = {
      ROW(L1, "l1"),
      ROW(L1L2, "l1_l2"),
      ROW(L2, "l2"),
      ROW(OrthogonalRegularizer, "orthogonal_regularizer"),
  };
#undef ROW
  return rows;
}

}  // namespace regularizers

PYTHON_NAMES("keras.Regularizer");
Regularizer::Regularizer(const std::string& name) {
  if (!name.empty()) read_object(Json(name), *this, regularizers::registry());
}

void write_json(const Regularizer& regularizer, Json& out) { out = regularizer ? serialize(*regularizer.impl()) : Json(); }
void read_json(const Json& json, Regularizer& regularizer) { read_object(json, regularizer, regularizers::registry()); }

}  // namespace cornu::keras
