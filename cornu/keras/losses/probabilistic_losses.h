#pragma once

#include <optional>

#include "cornu/keras/losses/loss.h"
#include "cornu/keras/ops/float_or_list.h"

// Losses of probabilities. Each class has its function, which gives one value an example. `from_logits`: predictions are
// scores, which a sigmoid or a softmax makes probabilities.

namespace cornu::keras::losses {

struct BinaryCrossentropyArgs {
  bool from_logits = false;
  double label_smoothing = 0.0;  // s in [0, 1]: targets become y (1 - s) + s / 2
  int axis = -1;
  KERAS_LOSS_ARGS("binary_crossentropy");
};
// mean(-(y log(p) + (1 - y) log(1 - p))) over `axis`
CORNU_API Loss BinaryCrossentropy(BinaryCrossentropyArgs args = {});
CORNU_API Tensor binary_crossentropy(const Tensor& y_true, const Tensor& y_pred, bool from_logits = false,
                                     double label_smoothing = 0.0, int axis = -1);

struct BinaryFocalCrossentropyArgs {
  bool from_logits = false;
  double label_smoothing = 0.0;
  int axis = -1;
  bool apply_class_balancing = false;
  double alpha = 0.25;  // the weight of class 1 where classes are balanced, 1 - alpha that of class 0
  double gamma = 2.0;
  KERAS_LOSS_ARGS("binary_focal_crossentropy");
};
// The same, each value times (1 - p of its class)^gamma: what is easy counts less. Lin et al., 2018
CORNU_API Loss BinaryFocalCrossentropy(BinaryFocalCrossentropyArgs args = {});
CORNU_API Tensor binary_focal_crossentropy(const Tensor& y_true, const Tensor& y_pred, bool apply_class_balancing = false,
                                           double alpha = 0.25, double gamma = 2.0, bool from_logits = false,
                                           double label_smoothing = 0.0, int axis = -1);

struct CategoricalCrossentropyArgs {
  bool from_logits = false;
  double label_smoothing = 0.0;  // s in [0, 1]: targets become y (1 - s) + s / (extent of the last axis)
  int axis = -1;
  KERAS_LOSS_ARGS("categorical_crossentropy");
};
// -sum(y_true log(y_pred)) over `axis`, of one-hot targets
CORNU_API Loss CategoricalCrossentropy(CategoricalCrossentropyArgs args = {});
CORNU_API Tensor categorical_crossentropy(const Tensor& y_true, const Tensor& y_pred, bool from_logits = false,
                                          double label_smoothing = 0.0, int axis = -1);

struct CategoricalFocalCrossentropyArgs {
  bool from_logits = false;
  double label_smoothing = 0.0;
  int axis = -1;
  FloatOrList alpha = 0.25;  // one weight, or one a class
  double gamma = 2.0;
  KERAS_LOSS_ARGS("categorical_focal_crossentropy");
};
// -sum(alpha (1 - y_pred)^gamma y_true log(y_pred)). Lin et al., 2018
CORNU_API Loss CategoricalFocalCrossentropy(CategoricalFocalCrossentropyArgs args = {});
CORNU_API Tensor categorical_focal_crossentropy(const Tensor& y_true, const Tensor& y_pred, const FloatOrList& alpha = 0.25,
                                                double gamma = 2.0, bool from_logits = false, double label_smoothing = 0.0,
                                                int axis = -1);

struct SparseCategoricalCrossentropyArgs {
  bool from_logits = false;
  std::optional<int> ignore_class;  // targets of this class count for nothing
  int axis = -1;
  KERAS_LOSS_ARGS("sparse_categorical_crossentropy");
};
// The crossentropy of integer targets. A target out of range is a ValueError that names it.
CORNU_API Loss SparseCategoricalCrossentropy(SparseCategoricalCrossentropyArgs args = {});
CORNU_API Tensor sparse_categorical_crossentropy(const Tensor& y_true, const Tensor& y_pred, bool from_logits = false,
                                                 std::optional<int> ignore_class = {}, int axis = -1);

struct CategoricalGeneralizedCrossEntropyArgs {
  double q = 0.5;  // in (0, 1): from a crossentropy to a mean absolute error
  KERAS_LOSS_ARGS("categorical_generalized_cross_entropy");
};
// (1 - p^q) / q, p what integer targets were predicted with: bears wrong labels. Zhang and Sabuncu, 2018
CORNU_API Loss CategoricalGeneralizedCrossEntropy(CategoricalGeneralizedCrossEntropyArgs args = {});
CORNU_API Tensor categorical_generalized_cross_entropy(const Tensor& y_true, const Tensor& y_pred, double q);

struct KLDivergenceArgs {
  KERAS_LOSS_ARGS("kl_divergence");
};
// sum(y_true log(y_true / y_pred)), of what is clipped to [epsilon, 1]
CORNU_API Loss KLDivergence(KLDivergenceArgs args = {});
CORNU_API Tensor kl_divergence(const Tensor& y_true, const Tensor& y_pred);

struct PoissonArgs {
  KERAS_LOSS_ARGS("poisson");
};
// mean(y_pred - y_true log(y_pred + epsilon)), of counts
CORNU_API Loss Poisson(PoissonArgs args = {});
CORNU_API Tensor poisson(const Tensor& y_true, const Tensor& y_pred);

}  // namespace cornu::keras::losses
