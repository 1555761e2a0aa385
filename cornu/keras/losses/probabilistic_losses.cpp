#include "cornu/keras/losses/probabilistic_losses.h"

#include <nlohmann/json.hpp>

#include "cornu/base/python_names.h"
#include "cornu/keras/losses/loss_of.h"
#include "cornu/keras/ops/core.h"
#include "cornu/keras/ops/nn.h"
#include "cornu/keras/ops/numpy.h"

namespace cornu::keras::losses {
namespace {

void check_smoothing(double label_smoothing) {
  if (label_smoothing < 0 || label_smoothing > 1)
    throw error<ValueError>("`label_smoothing` must be in [0, 1]. Received: label_smoothing={}", label_smoothing);
}

Tensor binary_target(const Tensor& y_true, const Tensor& y_pred, double label_smoothing) {
  const Tensor target = ops::cast(y_true, y_pred.dtype());
  return label_smoothing == 0 ? target : target * (1.0 - label_smoothing) + 0.5 * label_smoothing;
}

Tensor categorical_target(const char* function, const Tensor& y_true, const Tensor& y_pred, double label_smoothing) {
  const Tensor target = ops::cast(y_true, y_pred.dtype());
  if (y_pred.shape()[-1] == 1 && target.shape()[-1] != 1)
    throw error<ValueError>("`{}` needs one prediction a class. Received: y_true.shape={}, y_pred.shape={}", function,
                            to_string(y_true.shape()), to_string(y_pred.shape()));
  return label_smoothing == 0 ? target : target * (1.0 - label_smoothing) + label_smoothing / double(target.shape()[-1]);
}

}  // namespace

PYTHON_NAMES("keras.losses.binary_crossentropy", "keras.metrics.binary_crossentropy");
Tensor binary_crossentropy(const Tensor& y_true, const Tensor& y_pred, bool from_logits, double label_smoothing, int axis) {
  return ops::mean(ops::binary_crossentropy(binary_target(y_true, y_pred, label_smoothing), y_pred, from_logits), axis);
}
Loss BinaryCrossentropy(BinaryCrossentropyArgs args) {
  check_smoothing(args.label_smoothing);
  return make_loss<BinaryCrossentropyArgs>("BinaryCrossentropy", std::move(args),
                                           [](const auto& a, const Tensor& t, const Tensor& p) {
                                             return binary_crossentropy(t, p, a.from_logits, a.label_smoothing, a.axis);
                                           });
}

PYTHON_NAMES("keras.losses.binary_focal_crossentropy", "keras.metrics.binary_focal_crossentropy");
Tensor binary_focal_crossentropy(const Tensor& y_true, const Tensor& y_pred, bool apply_class_balancing, double alpha,
                                 double gamma, bool from_logits, double label_smoothing, int axis) {
  const Tensor target = binary_target(y_true, y_pred, label_smoothing);
  const Tensor p = from_logits ? ops::sigmoid(y_pred) : y_pred;
  const Tensor of_class = target * p + (1.0 - target) * (1.0 - p);
  Tensor loss = ops::power(1.0 - of_class, gamma) * ops::binary_crossentropy(target, p);
  if (apply_class_balancing) loss = (target * alpha + (1.0 - target) * (1.0 - alpha)) * loss;
  return ops::mean(loss, axis);
}
Loss BinaryFocalCrossentropy(BinaryFocalCrossentropyArgs args) {
  check_smoothing(args.label_smoothing);
  return make_loss<BinaryFocalCrossentropyArgs>(
      "BinaryFocalCrossentropy", std::move(args), [](const auto& a, const Tensor& t, const Tensor& p) {
        return binary_focal_crossentropy(t, p, a.apply_class_balancing, a.alpha, a.gamma, a.from_logits, a.label_smoothing,
                                         a.axis);
      });
}

PYTHON_NAMES("keras.losses.categorical_crossentropy", "keras.metrics.categorical_crossentropy");
Tensor categorical_crossentropy(const Tensor& y_true, const Tensor& y_pred, bool from_logits, double label_smoothing, int axis) {
  const Tensor target = categorical_target("categorical_crossentropy", y_true, y_pred, label_smoothing);
  return ops::categorical_crossentropy(target, y_pred, from_logits, axis);
}
Loss CategoricalCrossentropy(CategoricalCrossentropyArgs args) {
  check_smoothing(args.label_smoothing);
  return make_loss<CategoricalCrossentropyArgs>("CategoricalCrossentropy", std::move(args),
                                                [](const auto& a, const Tensor& t, const Tensor& p) {
                                                  return categorical_crossentropy(t, p, a.from_logits, a.label_smoothing, a.axis);
                                                });
}

PYTHON_NAMES("keras.losses.categorical_focal_crossentropy", "keras.metrics.categorical_focal_crossentropy");
Tensor categorical_focal_crossentropy(const Tensor& y_true, const Tensor& y_pred, const FloatOrList& alpha, double gamma,
                                      bool from_logits, double label_smoothing, int axis) {
  const Tensor target = categorical_target("categorical_focal_crossentropy", y_true, y_pred, label_smoothing);
  const Tensor given = from_logits ? ops::softmax(y_pred, axis) : y_pred;
  const Tensor p = ops::clip(given / ops::sum(given, axis, true), config::epsilon(), 1.0 - config::epsilon());
  const Tensor weight = alpha.is_list() ? ops::cast(Tensor(alpha.values()), p.dtype()) : Tensor(alpha.values().at(0));
  return ops::sum(ops::power(1.0 - p, gamma) * weight * (-target * ops::log(p)), axis);
}
Loss CategoricalFocalCrossentropy(CategoricalFocalCrossentropyArgs args) {
  check_smoothing(args.label_smoothing);
  if (args.alpha.is_none()) throw ValueError("`alpha` must be a number, or a list of one a class. Received: alpha=None");
  return make_loss<CategoricalFocalCrossentropyArgs>(
      "CategoricalFocalCrossentropy", std::move(args), [](const auto& a, const Tensor& t, const Tensor& p) {
        return categorical_focal_crossentropy(t, p, a.alpha, a.gamma, a.from_logits, a.label_smoothing, a.axis);
      });
}

PYTHON_NAMES("keras.losses.sparse_categorical_crossentropy", "keras.metrics.sparse_categorical_crossentropy");
Tensor sparse_categorical_crossentropy(const Tensor& y_true, const Tensor& y_pred, bool from_logits,
                                       std::optional<int> ignore_class, int axis) {
  const Tensor loss = ops::sparse_categorical_crossentropy(y_true, y_pred, from_logits, axis, ignore_class);
  if (!ignore_class) return loss;
  return loss.with_mask(ops::reshape(ops::not_equal(y_true, *ignore_class), loss.shape()));
}
Loss SparseCategoricalCrossentropy(SparseCategoricalCrossentropyArgs args) {
  return make_loss<SparseCategoricalCrossentropyArgs>("SparseCategoricalCrossentropy", std::move(args),
                                                      [](const auto& a, const Tensor& t, const Tensor& p) {
                                                        return sparse_categorical_crossentropy(t, p, a.from_logits,
                                                                                               a.ignore_class, a.axis);
                                                      },
                                                      {"axis"});
}

PYTHON_NAMES("keras.losses.categorical_generalized_cross_entropy");
Tensor categorical_generalized_cross_entropy(const Tensor& y_true, const Tensor& y_pred, double q) {
  const Tensor target = ops::one_hot(ops::cast(y_true, int32), y_pred.shape()[-1], -1, y_pred.dtype());
  return (1.0 - ops::power(ops::sum(y_pred * target, -1), q)) / q;
}
Loss CategoricalGeneralizedCrossEntropy(CategoricalGeneralizedCrossEntropyArgs args) {
  if (!(args.q > 0 && args.q < 1)) throw error<ValueError>("`q` must be in the interval (0, 1). Received: q={}", args.q);
  return make_loss<CategoricalGeneralizedCrossEntropyArgs>(
      "CategoricalGeneralizedCrossEntropy", std::move(args),
      [](const auto& a, const Tensor& t, const Tensor& p) { return categorical_generalized_cross_entropy(t, p, a.q); });
}

PYTHON_NAMES("keras.losses.kl_divergence", "keras.metrics.kl_divergence");
Tensor kl_divergence(const Tensor& y_true, const Tensor& y_pred) {
  const auto clipped = [](const Tensor& x) { return ops::clip(x, config::epsilon(), 1.0); };
  const Tensor target = clipped(ops::cast(y_true, y_pred.dtype()));
  return ops::sum(target * ops::log(target / clipped(y_pred)), -1);
}
Loss KLDivergence(KLDivergenceArgs args) {
  return make_loss<KLDivergenceArgs>("KLDivergence", std::move(args),
                                     [](const auto&, const Tensor& t, const Tensor& p) { return kl_divergence(t, p); });
}

PYTHON_NAMES("keras.losses.poisson", "keras.metrics.poisson");
Tensor poisson(const Tensor& y_true, const Tensor& y_pred) {
  return ops::mean(y_pred - ops::cast(y_true, y_pred.dtype()) * ops::log(y_pred + config::epsilon()), -1);
}
Loss Poisson(PoissonArgs args) {
  return make_loss<PoissonArgs>("Poisson", std::move(args),
                                [](const auto&, const Tensor& t, const Tensor& p) { return poisson(t, p); });
}

}  // namespace cornu::keras::losses
