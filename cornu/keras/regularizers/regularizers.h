#pragma once

#include <span>

#include "cornu/keras/regularizers/regularizer.h"

namespace cornu::keras::regularizers {

struct L2Args {
  double l2 = 0.01;
};
// l2 * sum(x^2)
CORNU_API Regularizer L2(L2Args args = {});

struct L1Args {
  double l1 = 0.01;
};
// l1 * sum(|x|)
CORNU_API Regularizer L1(L1Args args = {});

struct L1L2Args {
  double l1 = 0.0, l2 = 0.0;
};
// l1 * sum(|x|) + l2 * sum(x^2)
CORNU_API Regularizer L1L2(L1L2Args args = {});

struct OrthogonalRegularizerArgs {
  double factor = 0.01;
  std::string mode = "rows";  // rows, columns
};
// factor * the mean |cosine| of the angles between different rows, or columns, of a matrix. ValueError: another mode; when called, a
// tensor of other than two axes.
CORNU_API Regularizer OrthogonalRegularizer(OrthogonalRegularizerArgs args = {});

struct RegularizerRow {
  const char* class_name;
  std::vector<const char*> names;
  Regularizer (*from_config)(const Json& config);
};
CORNU_API std::span<const RegularizerRow> registry();

}  // namespace cornu::keras::regularizers
