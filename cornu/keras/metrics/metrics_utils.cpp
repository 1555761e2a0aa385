#include "cornu/keras/metrics/metrics_utils.h"

#include <algorithm>
#include <cmath>

#include "cornu/keras/dtype_policy.h"
#include "cornu/keras/losses/reduction.h"
#include "cornu/keras/ops/core.h"
#include "cornu/keras/ops/math.h"
#include "cornu/keras/ops/nn.h"
#include "cornu/keras/ops/numpy.h"

namespace cornu::keras::metrics {
namespace {

// As numpy's allclose sees them.
bool evenly_spaced(const std::vector<double>& values) {
  if (values.size() < 3) return false;
  const auto last = static_cast<float>(values.size() - 1);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double even = static_cast<float>(i) / last;
    if (!(std::abs(values[i] - even) <= config::epsilon() + 1e-5 * even)) return false;
  }
  return true;
}

// Labels, predictions and weights as (examples, columns): one column where columns are counted together.
struct ConfusionRows {
  Tensor labels, predictions, weight;  // labels are 0 or 1; the weight may be none
};

Tensor only_top_k(const Tensor& y_pred, int k) {
  const Tensor best = ops::top_k(y_pred, k).second;
  const Tensor chosen = ops::sum(ops::one_hot(best, y_pred.shape()[-1], -1, y_pred.dtype()), -2);
  return y_pred * chosen + kNegativeInfinity * (1.0 - chosen);
}

// The column stays as one of extent 1.
Tensor column(const Tensor& x, int id) {
  if (x.rank() < 2)
    throw error<ValueError>(
        "When `class_id` is provided, y_pred must be a 2D array with shape (num_samples, num_classes), found shape: {}",
        to_string(x.shape()));
  const int64_t classes = x.shape()[-1], at = id < 0 ? id + classes : id;
  if (at < 0 || at >= classes)
    throw error<ValueError>("`class_id` must be one of the {} classes. Received: class_id={}", classes, id);
  return ops::take(x, Tensor(std::vector<int>{static_cast<int>(at)}), -1);
}

ConfusionRows rows_of(const ConfusionRule& rule, const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight) {
  const DType dtype = config::floatx();
  auto [p, t] = to_same_rank(ops::cast(y_pred, dtype), ops::cast(y_true, dtype));
  Tensor weight;
  if (sample_weight.exists()) {
    weight = ops::cast(sample_weight, dtype);
    if (weight.rank() != t.rank()) weight = ops::expand_dims(weight, -1);
  }
  if (rule.top_k) p = only_top_k(p, *rule.top_k);
  if (rule.class_id) t = column(t, *rule.class_id), p = column(p, *rule.class_id);
  if (weight.exists()) weight = ops::broadcast_to(weight, p.shape());
  if (rule.label_weights.exists()) {
    const Tensor of_labels = ops::broadcast_to(ops::cast(rule.label_weights, dtype), p.shape());
    weight = weight.exists() ? weight * of_labels : of_labels;
  }
  t = ops::cast(ops::cast(t, bool_), dtype);
  if (rule.multi_label) return {t, p, weight};
  const auto together = [](const Tensor& x) { return x.exists() ? ops::reshape(x, {-1, 1}) : x; };
  return {together(t), together(p), together(weight)};
}

// (thresholds, columns), of any thresholds.
ConfusionCounts counts_by_threshold(const Thresholds& thresholds, const ConfusionRows& rows) {
  const Tensor each = ops::reshape(ops::cast(Tensor(thresholds.values()), rows.predictions.dtype()), {-1, 1, 1});
  const Tensor positive = ops::greater(ops::expand_dims(rows.predictions, 0), each), negative = ops::logical_not(positive);
  const Tensor is_true = ops::expand_dims(ops::cast(rows.labels, bool_), 0), is_false = ops::logical_not(is_true);
  const auto count = [&](const Tensor& label, const Tensor& predicted) {
    const Tensor both = ops::logical_and(label, predicted);
    const DType dtype = rows.labels.dtype();
    return ops::sum(rows.weight.exists() ? ops::where(both, ops::expand_dims(rows.weight, 0), 0.0) : ops::cast(both, dtype), 1);
  };
  return {count(is_true, positive), count(is_false, positive), count(is_false, negative), count(is_true, negative)};
}

// The same of even thresholds, in one pass: each prediction falls between two of them, and is positive at those below.
ConfusionCounts counts_by_bucket(const Thresholds& thresholds, const ConfusionRows& rows) {
  const int64_t buckets = thresholds.size(), columns = rows.labels.shape()[1];
  const Tensor weight = rows.weight.exists() ? rows.weight : ops::ones_like(rows.labels);
  const Tensor of_true = rows.labels * weight, of_false = (1.0 - rows.labels) * weight;
  Tensor bucket = ops::ceil(ops::clip(rows.predictions, 0.0, 1.0) * static_cast<double>(buckets - 1)) - 1.0;
  if (thresholds.have_outer_ends()) bucket = ops::relu(bucket);
  const Tensor place = ops::reshape(ops::cast(bucket, int32) * columns + ops::arange(columns), {-1});
  const auto above = [&](const Tensor& values) {
    const Tensor sums = ops::segment_sum(ops::reshape(values, {-1}), place, buckets * columns);
    return ops::flip(ops::cumsum(ops::flip(ops::reshape(sums, {buckets, columns}), 0), 0), 0);
  };
  const Tensor tp = above(of_true), fp = above(of_false);
  return {tp, fp, ops::sum(of_false, 0) - fp, ops::sum(of_true, 0) - tp};
}

}  // namespace

Thresholds Thresholds::given(const FloatOrList& thresholds, double usual) {
  if (thresholds.is_none()) return {{usual}, false};
  const std::vector<double>& values = thresholds.values();
  std::vector<double> invalid;
  std::copy_if(values.begin(), values.end(), std::back_inserter(invalid), [](double t) { return !(t >= 0 && t <= 1); });
  if (!invalid.empty()) throw error<ValueError>("Threshold values must be in [0, 1]. Received: [{}]", fmt::join(invalid, ", "));
  if (values.empty()) throw ValueError("`thresholds` must have a value at least. Received: thresholds=[]");
  return {values, evenly_spaced(values)};
}

Thresholds Thresholds::spaced(int count) {
  if (count == 1) return {{0.5}, false};
  std::vector<double> values;
  for (int i = 0; i < count; ++i) values.push_back(i / static_cast<double>(count - 1));
  return {std::move(values), true};
}

Thresholds Thresholds::with_ends(int count, const std::optional<std::vector<double>>& inner) {
  Thresholds out = spaced(count);
  if (inner) {
    out.values_ = *inner;
    out.values_.insert(out.values_.begin(), 0.0);
    out.values_.push_back(1.0);
    out.even_ = evenly_spaced(out.values_);
  }
  out.values_.front() = -config::epsilon();
  out.values_.back() = 1.0 + config::epsilon();
  return out;
}

ConfusionCounts confusion_counts(const ConfusionRule& rule, const Tensor& y_true, const Tensor& y_pred,
                                 const Tensor& sample_weight) {
  const ConfusionRows rows = rows_of(rule, y_true, y_pred, sample_weight);
  const auto counts =
      rule.thresholds.are_even() ? counts_by_bucket(rule.thresholds, rows) : counts_by_threshold(rule.thresholds, rows);
  if (rule.multi_label) return counts;
  const auto flat = [](const Tensor& x) { return ops::squeeze(x, -1); };
  return {flat(counts.true_positives), flat(counts.false_positives), flat(counts.true_negatives), flat(counts.false_negatives)};
}

void ConfusionVariables::add(const ConfusionCounts& counts) const {
  true_positives_.assign_add(counts.true_positives);
  false_positives_.assign_add(counts.false_positives);
  true_negatives_.assign_add(counts.true_negatives);
  false_negatives_.assign_add(counts.false_negatives);
}

ConfusionCounts ConfusionVariables::counts() const {
  return {true_positives_.value(), false_positives_.value(), true_negatives_.value(), false_negatives_.value()};
}

}  // namespace cornu::keras::metrics
