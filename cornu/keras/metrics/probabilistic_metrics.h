#pragma once

#include "cornu/keras/losses/probabilistic_losses.h"
#include "cornu/keras/metrics/metric.h"

// The means of losses of probabilities (losses/probabilistic_losses.h), whose functions are found here too.

namespace cornu::keras::metrics {

using losses::binary_crossentropy;
using losses::binary_focal_crossentropy;
using losses::categorical_crossentropy;
using losses::categorical_focal_crossentropy;
using losses::kl_divergence;
using losses::poisson;
using losses::sparse_categorical_crossentropy;

struct BinaryCrossentropyArgs {
  std::string name = "binary_crossentropy";
  DTypePolicy dtype = config::floatx();
  bool from_logits = false;
  double label_smoothing = 0;
};
CORNU_API Metric BinaryCrossentropy(BinaryCrossentropyArgs args = {});

struct CategoricalCrossentropyArgs {
  std::string name = "categorical_crossentropy";
  DTypePolicy dtype = config::floatx();
  bool from_logits = false;
  double label_smoothing = 0;
  int axis = -1;
};
CORNU_API Metric CategoricalCrossentropy(CategoricalCrossentropyArgs args = {});

struct SparseCategoricalCrossentropyArgs {
  std::string name = "sparse_categorical_crossentropy";
  DTypePolicy dtype = config::floatx();
  bool from_logits = false;
  std::optional<int> ignore_class;
  int axis = -1;
};
CORNU_API Metric SparseCategoricalCrossentropy(SparseCategoricalCrossentropyArgs args = {});

struct KLDivergenceArgs {
  std::string name = "kl_divergence";
  DTypePolicy dtype = config::floatx();
};
CORNU_API Metric KLDivergence(KLDivergenceArgs args = {});

struct PoissonArgs {
  std::string name = "poisson";
  DTypePolicy dtype = config::floatx();
};
CORNU_API Metric Poisson(PoissonArgs args = {});

}  // namespace cornu::keras::metrics
