#pragma once

#include <span>

#include "cornu/keras/constraints/constraint.h"

namespace cornu::keras::constraints {

// Negative weights become 0.
CORNU_API Constraint NonNeg();

struct ConstraintRow {
  const char* class_name;
  std::vector<const char*> names;
  Constraint (*from_config)(const Json& config);
};
CORNU_API std::span<const ConstraintRow> registry();

}  // namespace cornu::keras::constraints
