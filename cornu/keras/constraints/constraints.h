#pragma once

#include <span>

#include "cornu/keras/constraints/constraint.h"
#include "cornu/keras/ops/int_or_list.h"

// The norms below are taken along `axis`, one axis or several: 0 for each unit of a Dense's kernel, {0, 1, 2} for each filter of a
// Conv2D's.
namespace cornu::keras::constraints {

// Negative weights become 0.
CORNU_API Constraint NonNeg();

struct MaxNormArgs {
  double max_value = 2;
  IntOrList axis = 0;
};
// Longer vectors are scaled to max_value.
CORNU_API Constraint MaxNorm(MaxNormArgs args = {});

struct UnitNormArgs {
  IntOrList axis = 0;
};
// Vectors are scaled to length 1.
CORNU_API Constraint UnitNorm(UnitNormArgs args = {});

struct MinMaxNormArgs {
  double min_value = 0.0, max_value = 1.0;
  double rate = 1.0;  // how much of the way to the nearer bound is gone
  IntOrList axis = 0;
};
// Shorter vectors are scaled towards min_value, longer ones towards max_value.
CORNU_API Constraint MinMaxNorm(MinMaxNormArgs args = {});

struct ConstraintRow {
  const char* class_name;
  std::vector<const char*> names;
  Constraint (*from_config)(const Json& config);
};
CORNU_API std::span<const ConstraintRow> registry();

}  // namespace cornu::keras::constraints
