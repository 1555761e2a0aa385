#include "cornu/keras/metrics/f_score_metrics.h"

#include "cornu/keras/metrics/metric_of.h"
#include "cornu/keras/ops/core.h"
#include "cornu/keras/ops/numpy.h"

namespace cornu::keras::metrics {
namespace {

void check_f_score(const std::optional<std::string>& average, double beta, const std::optional<double>& threshold) {
  if (average && *average != "micro" && *average != "macro" && *average != "weighted")
    throw error<ValueError>(
        "Invalid `average` argument value. Expected one of: None, micro, macro, weighted. Received: average={}", *average);
  if (!(beta > 0)) throw error<ValueError>("Invalid `beta` argument value. It should be > 0. Received: beta={}", beta);
  if (threshold && !(*threshold > 0 && *threshold <= 1))
    throw error<ValueError>("Invalid `threshold` argument value. It should verify 0 < threshold <= 1. Received: threshold={}",
                            *threshold);
}

template <class Args>
class FScoreImpl final : public MetricOf<Args> {
 public:
  FScoreImpl(const char* class_name, Args args, double beta)
      : MetricOf<Args>(class_name, std::move(args), MetricDirection::up), squared_beta_(beta * beta) {
    check_f_score(this->args_.average, beta, this->args_.threshold);
  }

  void update_state(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight) override {
    const Tensor t = ops::cast(y_true, this->dtype()), given = ops::cast(y_pred, this->dtype());
    if (!true_positives_.exists()) build(t, given);
    const Tensor p = ops::cast(predicted(given), this->dtype());
    const auto total = [&](const Tensor& values) {
      if (!sample_weight.exists()) return ops::sum(values, axis());
      return ops::sum(values * ops::expand_dims(ops::cast(sample_weight, this->dtype()), 1), axis());
    };
    true_positives_.assign_add(total(p * t));
    false_positives_.assign_add(total(p * (1.0 - t)));
    false_negatives_.assign_add(total((1.0 - p) * t));
    intermediate_weights_.assign_add(total(t));
  }

  Tensor result() const override {
    this->check_has_state(true_positives_);
    const double epsilon = config::epsilon();
    const Tensor found = true_positives_.value(), weights = intermediate_weights_.value();
    const Tensor precision = found / (found + false_positives_.value() + epsilon);
    const Tensor recall = found / (found + false_negatives_.value() + epsilon);
    const Tensor score = precision * recall / (squared_beta_ * precision + recall + epsilon) * (1.0 + squared_beta_);
    if (!this->args_.average) return score;
    if (*this->args_.average == "weighted") return ops::sum(score * (weights / (ops::sum(weights) + epsilon)));
    return ops::mean(score);
  }

 private:
  bool is_micro() const { return this->args_.average == "micro"; }
  IntOrList axis() const { return is_micro() ? IntOrList() : IntOrList(0); }
  void build(const Tensor& y_true, const Tensor& y_pred) {
    this->check_columns(y_true, y_pred);
    const Shape shape = is_micro() ? Shape() : Shape{y_pred.shape()[-1]};
    true_positives_ = this->add_variable("true_positives", shape);
    false_positives_ = this->add_variable("false_positives", shape);
    false_negatives_ = this->add_variable("false_negatives", shape);
    intermediate_weights_ = this->add_variable("intermediate_weights", shape);
  }
  // A row of zeros predicts nothing.
  Tensor predicted(const Tensor& y_pred) const {
    if (this->args_.threshold) return ops::greater(y_pred, *this->args_.threshold);
    return ops::logical_and(ops::greater_equal(y_pred, ops::max(y_pred, -1, true)), ops::greater(ops::abs(y_pred), 1e-9));
  }

  double squared_beta_;
  Variable true_positives_, false_positives_, false_negatives_, intermediate_weights_;
};

}  // namespace

Metric FBetaScore(FBetaScoreArgs args) {
  const double beta = args.beta;
  return Metric(std::make_shared<FScoreImpl<FBetaScoreArgs>>("FBetaScore", std::move(args), beta));
}
Metric F1Score(F1ScoreArgs args) { return Metric(std::make_shared<FScoreImpl<F1ScoreArgs>>("F1Score", std::move(args), 1.0)); }

}  // namespace cornu::keras::metrics
