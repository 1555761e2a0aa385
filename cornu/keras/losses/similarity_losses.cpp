#include "cornu/keras/losses/similarity_losses.h"

#include <limits>
#include <nlohmann/json.hpp>

#include "cornu/base/python_names.h"
#include "cornu/keras/losses/loss_of.h"
#include "cornu/keras/ops/core.h"
#include "cornu/keras/ops/math.h"
#include "cornu/keras/ops/nn.h"
#include "cornu/keras/ops/numpy.h"

namespace cornu::keras::losses {
namespace {

// (queries, keys): whether both have one label.
Tensor same_label(const Tensor& queries, const Tensor& keys) {
  const auto as_column = [](const Tensor& labels) { return labels.rank() == 1 ? ops::expand_dims(labels, -1) : labels; };
  return ops::equal(as_column(queries), ops::transpose(as_column(keys)));
}

// log(sum(exp)) of the chosen ones of each row; -inf where there are none.
Tensor logsumexp_of(const Tensor& chosen, const Tensor& values) {
  return ops::logsumexp(ops::where(chosen, values, -std::numeric_limits<double>::infinity()), 1);
}

}  // namespace

PYTHON_NAMES("keras.losses.circle");
Tensor circle(const Tensor& y_true, const Tensor& y_pred, const Tensor& ref_labels, const Tensor& ref_embeddings,
              bool remove_diagonal, double gamma, double margin) {
  const Tensor labels = ops::cast(y_true, int32), of_keys = ref_labels.exists() ? ops::cast(ref_labels, int32) : labels;
  const Tensor& keys = ref_embeddings.exists() ? ref_embeddings : y_pred;
  const Tensor distance = ops::maximum(1.0 - ops::matmul(y_pred, ops::transpose(keys)), 0.0);
  Tensor positive = same_label(labels, of_keys);
  const Tensor negative = ops::logical_not(positive);
  if (remove_diagonal) positive = ops::logical_and(positive, ops::logical_not(ops::eye(labels.size(), of_keys.size(), 0, bool_)));
  const Tensor pull = -gamma * ops::maximum(margin + distance, 0.0) * (margin - distance);
  const Tensor push = gamma * ops::maximum(1.0 + margin - distance, 0.0) * (1.0 - margin - distance);
  const Tensor loss = ops::softplus(logsumexp_of(positive, pull) + logsumexp_of(negative, push));
  return loss.with_mask(ops::greater(loss, 0.0));
}
Loss Circle(CircleArgs args) {
  return make_loss<CircleArgs>("Circle", std::move(args), [](const auto& a, const Tensor& t, const Tensor& p) {
    return circle(t, p, {}, {}, a.remove_diagonal, a.gamma, a.margin);
  });
}

}  // namespace cornu::keras::losses
