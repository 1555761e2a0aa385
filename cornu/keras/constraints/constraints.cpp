#include "cornu/keras/constraints/constraints.h"

#include <nlohmann/json.hpp>

#include "cornu/base/python_names.h"
#include "cornu/keras/ops/numpy.h"
#include "cornu/keras/saving/serialization.h"

namespace cornu::keras {
namespace constraints {
namespace {

class NonNegImpl final : public ConstraintImpl {
 public:
  std::string class_name() const override { return "NonNeg"; }
  Tensor call(const Tensor& w) const override { return ops::maximum(w, 0.0); }
  Json get_config() const override { return Json::object(); }
};

}  // namespace

Constraint NonNeg() { return Constraint(std::make_shared<const NonNegImpl>()); }

std::span<const ConstraintRow> registry() {
  static const ConstraintRow rows[] = {{"NonNeg", {"non_neg"}, +[](const Json&) { return NonNeg(); }}};
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
