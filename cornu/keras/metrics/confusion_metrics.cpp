#include "cornu/keras/metrics/confusion_metrics.h"

#include "cornu/keras/metrics/metric_of.h"
#include "cornu/keras/metrics/metrics_utils.h"
#include "cornu/keras/ops/core.h"
#include "cornu/keras/ops/numpy.h"

namespace cornu::keras::metrics {
namespace {

using Count = Tensor ConfusionCounts::*;

// Of one threshold a number.
Tensor without_single(const Tensor& values) { return values.shape()[0] == 1 ? ops::squeeze(values, 0) : values; }

class ConfusionCountImpl final : public MetricOf<ConfusionCountArgs> {
 public:
  ConfusionCountImpl(const char* class_name, ConfusionCountArgs args, Count count)
      : MetricOf(class_name, std::move(args), MetricDirection::unknown),
        rule_{.thresholds = Thresholds::given(args_.thresholds, 0.5)},
        count_(count),
        accumulator_(add_variable("accumulator", {rule_.thresholds.size()}, 0, config::floatx())) {}
  void update_state(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight) override {
    accumulator_.assign_add(confusion_counts(rule_, y_true, y_pred, sample_weight).*count_);
  }
  Tensor result() const override { return without_single(accumulator_.value()); }

 private:
  ConfusionRule rule_;
  Count count_;
  Variable accumulator_;
};

Metric count_of(const char* class_name, ConfusionCountArgs args, Count count) {
  return Metric(std::make_shared<ConfusionCountImpl>(class_name, std::move(args), count));
}

// Precision or Recall: they differ in what they hold against the true positives.
class FoundOfImpl final : public MetricOf<PrecisionArgs> {
 public:
  FoundOfImpl(const char* class_name, PrecisionArgs args, const char* wrong_name, Count wrong)
      : MetricOf(class_name, std::move(args), MetricDirection::up),
        rule_{.thresholds = Thresholds::given(args_.thresholds, args_.top_k ? kNegativeInfinity : 0.5),
              .top_k = args_.top_k,
              .class_id = args_.class_id},
        wrong_(wrong),
        true_positives_(add_variable("true_positives", {rule_.thresholds.size()}, 0, config::floatx())),
        wrongs_(add_variable(wrong_name, {rule_.thresholds.size()}, 0, config::floatx())) {}
  void update_state(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight) override {
    const ConfusionCounts counts = confusion_counts(rule_, y_true, y_pred, sample_weight);
    true_positives_.assign_add(counts.true_positives);
    wrongs_.assign_add(counts.*wrong_);
  }
  Tensor result() const override {
    return without_single(ops::divide_no_nan(true_positives_.value(), true_positives_.value() + wrongs_.value()));
  }

 private:
  ConfusionRule rule_;
  Count wrong_;
  Variable true_positives_, wrongs_;
};

// --- the best of one value where another is at least so much ---

using Rate = Tensor (*)(const ConfusionCounts&);

Tensor sensitivity_of(const ConfusionCounts& c) {
  return ops::divide_no_nan(c.true_positives, c.true_positives + c.false_negatives);
}
Tensor specificity_of(const ConfusionCounts& c) {
  return ops::divide_no_nan(c.true_negatives, c.true_negatives + c.false_positives);
}
Tensor precision_of(const ConfusionCounts& c) {
  return ops::divide_no_nan(c.true_positives, c.true_positives + c.false_positives);
}

template <class Args>
class BestAtImpl final : public MetricOf<Args> {
 public:
  BestAtImpl(const char* class_name, Args args, double least, Rate wanted, Rate constrained)
      : MetricOf<Args>(class_name, std::move(args), MetricDirection::up),
        rule_{.thresholds = Thresholds::spaced(this->args_.num_thresholds), .class_id = this->args_.class_id},
        least_(least),
        wanted_(wanted),
        constrained_(constrained) {
    variables_ = ConfusionVariables(
        [&](const char* count) { return this->add_variable(count, {rule_.thresholds.size()}, 0, config::floatx()); });
  }
  void update_state(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight) override {
    variables_.add(confusion_counts(rule_, y_true, y_pred, sample_weight));
  }
  Tensor result() const override {
    const ConfusionCounts counts = variables_.counts();
    return ops::max(ops::where(ops::greater_equal(constrained_(counts), least_), wanted_(counts), 0.0), {}, false, 0.0);
  }

 private:
  ConfusionRule rule_;
  double least_;
  Rate wanted_, constrained_;
  ConfusionVariables variables_;
};

template <class Args>
Metric best_at(const char* class_name, Args args, double Args::*least, const char* argument, Rate wanted, Rate constrained) {
  const double value = args.*least;
  if (!(value >= 0 && value <= 1))
    throw error<ValueError>("Argument `{}` must be in the range [0, 1]. Received: {}={}", argument, argument, value);
  if (args.num_thresholds <= 0)
    throw error<ValueError>("Argument `num_thresholds` must be an integer > 0. Received: num_thresholds={}", args.num_thresholds);
  return Metric(std::make_shared<BestAtImpl<Args>>(class_name, std::move(args), value, wanted, constrained));
}

}  // namespace

Metric TruePositives(TruePositivesArgs args) {
  return count_of("TruePositives", std::move(args), &ConfusionCounts::true_positives);
}
Metric TrueNegatives(TrueNegativesArgs args) {
  return count_of("TrueNegatives", std::move(args), &ConfusionCounts::true_negatives);
}
Metric FalsePositives(FalsePositivesArgs args) {
  return count_of("FalsePositives", std::move(args), &ConfusionCounts::false_positives);
}
Metric FalseNegatives(FalseNegativesArgs args) {
  return count_of("FalseNegatives", std::move(args), &ConfusionCounts::false_negatives);
}

Metric Precision(PrecisionArgs args) {
  return Metric(
      std::make_shared<FoundOfImpl>("Precision", std::move(args), "false_positives", &ConfusionCounts::false_positives));
}
Metric Recall(RecallArgs args) {
  return Metric(std::make_shared<FoundOfImpl>("Recall", std::move(args), "false_negatives", &ConfusionCounts::false_negatives));
}

Metric SensitivityAtSpecificity(SensitivityAtSpecificityArgs args) {
  return best_at("SensitivityAtSpecificity", std::move(args), &SensitivityAtSpecificityArgs::specificity, "specificity",
                 sensitivity_of, specificity_of);
}
Metric SpecificityAtSensitivity(SpecificityAtSensitivityArgs args) {
  return best_at("SpecificityAtSensitivity", std::move(args), &SpecificityAtSensitivityArgs::sensitivity, "sensitivity",
                 specificity_of, sensitivity_of);
}
Metric PrecisionAtRecall(PrecisionAtRecallArgs args) {
  return best_at("PrecisionAtRecall", std::move(args), &PrecisionAtRecallArgs::recall, "recall", precision_of, sensitivity_of);
}
Metric RecallAtPrecision(RecallAtPrecisionArgs args) {
  return best_at("RecallAtPrecision", std::move(args), &RecallAtPrecisionArgs::precision, "precision", sensitivity_of,
                 precision_of);
}

}  // namespace cornu::keras::metrics
