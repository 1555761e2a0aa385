#pragma once

#include "cornu/keras/losses/hinge_losses.h"
#include "cornu/keras/metrics/metric.h"

// The means of the hinge losses (losses/hinge_losses.h), whose functions are found here too.

namespace cornu::keras::metrics {

using losses::categorical_hinge;
using losses::hinge;
using losses::squared_hinge;

struct HingeArgs {
  std::string name = "hinge";
  DTypePolicy dtype = config::floatx();
};
CORNU_API Metric Hinge(HingeArgs args = {});

struct SquaredHingeArgs {
  std::string name = "squared_hinge";
  DTypePolicy dtype = config::floatx();
};
CORNU_API Metric SquaredHinge(SquaredHingeArgs args = {});

struct CategoricalHingeArgs {
  std::string name = "categorical_hinge";
  DTypePolicy dtype = config::floatx();
};
CORNU_API Metric CategoricalHinge(CategoricalHingeArgs args = {});

}  // namespace cornu::keras::metrics
