#include "cornu/keras/constraints/constraints.h"

#include <nlohmann/json.hpp>

#include "cornu/base/python_names.h"
#include "cornu/keras/dtype_policy.h"
#include "cornu/keras/function_object.h"
#include "cornu/keras/ops/numpy.h"
#include "cornu/keras/saving/serialization.h"

namespace cornu::keras {
namespace constraints {
namespace {

template <class Args>
Constraint make_constraint(const char* class_name, Args args, Tensor (*function)(const Args&, const Tensor&)) {
  using Object = FunctionObject<ConstraintImpl, Args, const Tensor&>;
  return Constraint(std::make_shared<const Object>(class_name, std::move(args), function));
}

Tensor norms_of(const Tensor& w, const IntOrList& axis) { return ops::sqrt(ops::sum(ops::square(w), axis, true)); }
Tensor with_norms(const Tensor& w, const Tensor& norms, const Tensor& desired) {
  return w * (desired / (config::epsilon() + norms));
}

}  // namespace

Constraint NonNeg() {
  return make_constraint(
      "NonNeg", NoArgs{}, +[](const NoArgs&, const Tensor& w) { return ops::maximum(w, 0.0); });
}
Constraint MaxNorm(MaxNormArgs args) {
  return make_constraint(
      "MaxNorm", std::move(args), +[](const MaxNormArgs& a, const Tensor& w) {
        const Tensor norms = norms_of(w, a.axis);
        return with_norms(w, norms, ops::clip(norms, 0.0, a.max_value));
      });
}
Constraint UnitNorm(UnitNormArgs args) {
  return make_constraint(
      "UnitNorm", std::move(args),
      +[](const UnitNormArgs& a, const Tensor& w) { return with_norms(w, norms_of(w, a.axis), 1.0); });
}
Constraint MinMaxNorm(MinMaxNormArgs args) {
  return make_constraint(
      "MinMaxNorm", std::move(args), +[](const MinMaxNormArgs& a, const Tensor& w) {
        const Tensor norms = norms_of(w, a.axis);
        return with_norms(w, norms, a.rate * ops::clip(norms, a.min_value, a.max_value) + (1.0 - a.rate) * norms);
      });
}

std::span<const ConstraintRow> registry() {
#define ROW(Class, ...)                                                                                       \
  {                                                                                                           \
#Class, {__VA_ARGS__ }, +[](const Json& config) { return Class(saving::from_json<Class##Args>(config)); } \
  }
  static const ConstraintRow rows[] = {
      {"NonNeg", {"non_neg"}, +[](const Json&) { return NonNeg(); }},
      ROW(MaxNorm, "max_norm"),
      ROW(MinMaxNorm, "min_max_norm"),
      ROW(UnitNorm, "unit_norm"),
  };
#undef ROW
  return rows;
}

}  // namespace constraints

PYTHON_NAMES("keras.constraints.Constraint");
Constraint::Constraint(const std::string& name) {
  if (!name.empty()) read_object(Json(name), *this, constraints::registry());
}

void write_json(const Constraint& constraint, Json& out) { out = constraint ? serialize(*constraint.impl()) : Json(); }
void read_json(const Json& json, Constraint& constraint) { read_object(json, constraint, constraints::registry()); }

}  // namespace cornu::keras
