#include "cornu/keras/metrics/regression_metrics.h"

#include "cornu/keras/losses/reduction.h"
#include "cornu/keras/metrics/metric_of.h"
#include "cornu/keras/ops/core.h"
#include "cornu/keras/ops/numpy.h"

namespace cornu::keras::metrics {
namespace {

class RootMeanSquaredErrorImpl final : public MetricOf<RootMeanSquaredErrorArgs, MeanImpl> {
 public:
  using MetricOf::MetricOf;
  void update_state(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight) override {
    const auto [t, p] = to_same_rank(ops::cast(y_true, dtype()), ops::cast(y_pred, dtype()));
    MeanImpl::update_state({}, ops::square(p - t), sample_weight);
  }
  Tensor result() const override { return ops::sqrt(MeanImpl::result()); }
};

class R2ScoreImpl final : public MetricOf<R2ScoreArgs> {
 public:
  explicit R2ScoreImpl(R2ScoreArgs args) : MetricOf("R2Score", std::move(args), MetricDirection::up) {
    num_samples_ = add_variable("num_samples", {}, 0, config::floatx());
  }

  void update_state(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight) override {
    const auto [t, p] = to_same_rank(ops::cast(y_true, dtype()), ops::cast(y_pred, dtype()));
    if (!count_.exists()) build(t, p);
    Tensor weight = sample_weight.exists() ? ops::cast(sample_weight, dtype()) : Tensor(1.0);
    if (weight.rank() == 1) weight = ops::expand_dims(weight, 1);
    weight = ops::broadcast_to(ops::cast(weight, dtype()), t.shape());
    sum_.assign_add(ops::sum(t * weight, 0));
    squared_sum_.assign_add(ops::sum(t * t * weight, 0));
    residual_.assign_add(ops::sum(ops::square(t - p) * weight, 0));
    count_.assign_add(ops::sum(weight, 0));
    num_samples_.assign_add(static_cast<double>(t.size()));
  }

  Tensor result() const override {
    check_has_state(count_);
    const Tensor total = squared_sum_.value() - sum_.value() * (sum_.value() / count_.value());
    const Tensor raw = 1.0 - residual_.value() / total;
    const Tensor scores = ops::where(ops::isinf(raw), 0.0, raw);
    return adjusted(aggregated(scores, total));
  }

 private:
  void build(const Tensor& y_true, const Tensor& y_pred) {
    check_columns(y_true, y_pred);
    const auto add = [&](const char* name) { return add_variable(name, {y_pred.shape()[-1]}, 0, config::floatx()); };
    squared_sum_ = add("squared_sum");
    sum_ = add("sum");
    residual_ = add("residual");
    count_ = add("count");
  }
  Tensor aggregated(const Tensor& scores, const Tensor& total) const {
    if (!args_.class_aggregation) return scores;
    if (*args_.class_aggregation == "uniform_average") return ops::mean(scores);
    return ops::sum(total * scores) / ops::sum(total);
  }
  // With no more samples than predictors there is nothing to adjust by.
  Tensor adjusted(const Tensor& score) const {
    if (args_.num_regressors == 0) return score;
    const Tensor freedom = num_samples_.value() - double(args_.num_regressors) - 1.0;
    const Tensor adjusted = 1.0 - (1.0 - score) * (num_samples_.value() - 1.0) / freedom;
    return ops::where(ops::greater(freedom, 0.0), adjusted, score);
  }

  Variable num_samples_, squared_sum_, sum_, residual_, count_;
};

}  // namespace

Metric MeanSquaredError(MeanSquaredErrorArgs args) {
  return mean_of("MeanSquaredError", args, MetricDirection::down,
                 [](const auto&, const Tensor& t, const Tensor& p) { return mean_squared_error(t, p); });
}
Metric RootMeanSquaredError(RootMeanSquaredErrorArgs args) {
  return Metric(std::make_shared<RootMeanSquaredErrorImpl>("RootMeanSquaredError", std::move(args), MetricDirection::down));
}
Metric MeanAbsoluteError(MeanAbsoluteErrorArgs args) {
  return mean_of("MeanAbsoluteError", args, MetricDirection::down,
                 [](const auto&, const Tensor& t, const Tensor& p) { return mean_absolute_error(t, p); });
}
Metric MeanAbsolutePercentageError(MeanAbsolutePercentageErrorArgs args) {
  return mean_of("MeanAbsolutePercentageError", args, MetricDirection::down,
                 [](const auto&, const Tensor& t, const Tensor& p) { return mean_absolute_percentage_error(t, p); });
}
Metric MeanSquaredLogarithmicError(MeanSquaredLogarithmicErrorArgs args) {
  return mean_of("MeanSquaredLogarithmicError", args, MetricDirection::down,
                 [](const auto&, const Tensor& t, const Tensor& p) { return mean_squared_logarithmic_error(t, p); });
}
Metric CosineSimilarity(CosineSimilarityArgs args) {
  return mean_of("CosineSimilarity", args, MetricDirection::up,
                 [](const auto& a, const Tensor& t, const Tensor& p) { return -losses::cosine_similarity(t, p, a.axis); },
                 {"axis"});
}
Metric LogCoshError(LogCoshErrorArgs args) {
  return mean_of("LogCoshError", args, MetricDirection::down,
                 [](const auto&, const Tensor& t, const Tensor& p) { return log_cosh(t, p); });
}

Metric R2Score(R2ScoreArgs args) {
  const auto& how = args.class_aggregation;
  if (how && *how != "uniform_average" && *how != "variance_weighted_average")
    throw error<ValueError>(
        "Invalid value for argument `class_aggregation`. Expected one of None, uniform_average, variance_weighted_average. "
        "Received: class_aggregation={}",
        *how);
  if (args.num_regressors < 0)
    throw error<ValueError>("Invalid value for argument `num_regressors`. Expected a value >= 0. Received: num_regressors={}",
                            args.num_regressors);
  return Metric(std::make_shared<R2ScoreImpl>(std::move(args)));
}

}  // namespace cornu::keras::metrics
