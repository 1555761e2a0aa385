#include <algorithm>

#include "cornu/keras/metrics/confusion_metrics.h"
#include "cornu/keras/metrics/metric_of.h"
#include "cornu/keras/metrics/metrics_utils.h"
#include "cornu/keras/ops/core.h"
#include "cornu/keras/ops/nn.h"
#include "cornu/keras/ops/numpy.h"

namespace cornu::keras::metrics {
namespace {

// Along the thresholds: all but the last, all but the first.
Tensor but_last(const Tensor& x) {
  Shape shape = x.shape();
  --shape[0];
  return ops::slice(x, std::vector<int64_t>(x.rank(), 0), shape);
}
Tensor but_first(const Tensor& x) {
  Shape shape = x.shape();
  --shape[0];
  std::vector<int64_t> start(x.rank(), 0);
  start[0] = 1;
  return ops::slice(x, start, shape);
}

// A curve's points, one a threshold.
struct Curve {
  Tensor x, y;
};

// Precision and recall as gains over answering always yes. With no true positive the gains are 1 and 0.
Curve gains(const ConfusionCounts& c) {
  const Tensor odds = ops::divide_no_nan(c.true_positives + c.false_negatives, c.true_negatives + c.false_positives);
  const Tensor none_found = ops::equal(c.true_positives, 0.0);
  const auto gain = [&](const Tensor& wrong, double without) {
    return ops::where(none_found, without, 1.0 - odds * ops::divide_no_nan(wrong, c.true_positives));
  };
  return {ops::maximum(gain(c.false_negatives, 0.0), 0.0), gain(c.false_positives, 1.0)};
}

Curve curve_of(const std::string& curve, const ConfusionCounts& c) {
  if (curve == "PRGAIN") return gains(c);
  const Tensor recall = ops::divide_no_nan(c.true_positives, c.true_positives + c.false_negatives);
  if (curve == "PR") return {recall, ops::divide_no_nan(c.true_positives, c.true_positives + c.false_positives)};
  return {ops::divide_no_nan(c.false_positives, c.false_positives + c.true_negatives), recall};
}

// The areas of the strips between two thresholds.
Tensor strips(const Curve& curve, const std::string& method) {
  const Tensor left = but_last(curve.y), right = but_first(curve.y);
  const Tensor height = method == "interpolation" ? (left + right) / 2.0
                        : method == "minoring"    ? ops::minimum(left, right)
                                                  : ops::maximum(left, right);
  return (but_last(curve.x) - but_first(curve.x)) * height;
}

// Of precision and recall, interpolated by the true positives (Davis and Goadrich, 2006): between two thresholds these grow in
// step with all positives, and precision does not grow straight.
Tensor strips_of_precision_recall(const ConfusionCounts& c) {
  const Tensor positives = c.true_positives + c.false_positives;
  const Tensor before = but_last(positives), after = but_first(positives), found_after = but_first(c.true_positives);
  const Tensor found = but_last(c.true_positives) - found_after;
  const Tensor slope = ops::divide_no_nan(found, ops::maximum(before - after, 0.0)), intercept = found_after - slope * after;
  const Tensor both = ops::logical_and(ops::greater(before, 0.0), ops::greater(after, 0.0));
  const Tensor ratio = ops::where(both, ops::divide_no_nan(before, ops::maximum(after, 0.0)), 1.0);
  const Tensor of_class = ops::maximum(found_after + but_first(c.false_negatives), 0.0);
  return ops::divide_no_nan(slope * (found + intercept * ops::log(ratio)), of_class);
}

// Keras's spelling of a choice, which may be given in its other case.
std::string choice(const std::string& given, const char* what,
                   const std::vector<std::pair<std::string, std::string>>& spellings) {
  std::vector<std::string> known;
  for (const auto& [own, other] : spellings) {
    if (given == own || given == other) return own;
    known.push_back(own);
  }
  throw error<ValueError>("Invalid {} value: \"{}\". Expected values are [{}]", what, given, fmt::join(known, ", "));
}

AUCArgs checked(AUCArgs args) {
  args.curve = choice(args.curve, "AUC curve", {{"PR", "pr"}, {"ROC", "roc"}, {"PRGAIN", "prgain"}});
  args.summation_method = choice(args.summation_method, "AUC summation method",
                                 {{"interpolation", "Interpolation"}, {"majoring", "Majoring"}, {"minoring", "Minoring"}});
  if (args.thresholds) {
    std::sort(args.thresholds->begin(), args.thresholds->end());
    args.num_thresholds = static_cast<int>(args.thresholds->size()) + 2;
  }
  if (args.num_thresholds <= 1)
    throw error<ValueError>("Argument `num_thresholds` must be an integer > 1. Received: num_thresholds={}", args.num_thresholds);
  if (args.num_labels && !args.multi_label) throw ValueError("`num_labels` is needed only when `multi_label` is True.");
  if (args.label_weights.exists()) args.label_weights = ops::cast(args.label_weights, args.dtype.compute_dtype());
  return args;
}

class AUCImpl final : public MetricOf<AUCArgs> {
 public:
  explicit AUCImpl(AUCArgs args)
      : MetricOf("AUC", checked(std::move(args)), MetricDirection::up),
        rule_{.thresholds = Thresholds::with_ends(args_.num_thresholds, args_.thresholds),
              .multi_label = args_.multi_label,
              .label_weights = args_.multi_label ? Tensor() : args_.label_weights} {
    unsaid_ = {"thresholds"};
    if (!args_.multi_label) build({rule_.thresholds.size()});
    else if (args_.num_labels) build({rule_.thresholds.size(), *args_.num_labels});
  }

  void update_state(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight) override {
    if (args_.multi_label && y_pred.rank() != 2)
      throw error<ValueError>(
          "`y_pred` must have rank 2 when `multi_label=True`. Found rank {}. Full shape received for `y_pred`: {}", y_pred.rank(),
          to_string(y_pred.shape()));
    if (!variables_.first().exists()) build({rule_.thresholds.size(), y_pred.shape()[-1]});
    variables_.add(confusion_counts(rule_, y_true, args_.from_logits ? ops::sigmoid(y_pred) : y_pred, sample_weight));
  }

  Tensor result() const override {
    check_has_state(variables_.first());
    const ConfusionCounts counts = variables_.counts();
    const bool interpolated_pr = args_.curve == "PR" && args_.summation_method == "interpolation";
    const Tensor area = ops::sum(
        interpolated_pr ? strips_of_precision_recall(counts) : strips(curve_of(args_.curve, counts), args_.summation_method), 0);
    if (!args_.multi_label) return area;
    const Tensor& weights = args_.label_weights;
    return weights.exists() ? ops::divide_no_nan(ops::sum(area * weights), ops::sum(weights)) : ops::mean(area);
  }

 private:
  void build(const Shape& shape) {
    variables_ = ConfusionVariables([&](const char* count) { return add_variable(count, shape, 0, config::floatx()); });
  }

  ConfusionRule rule_;
  ConfusionVariables variables_;
};

}  // namespace

Metric AUC(AUCArgs args) { return Metric(std::make_shared<AUCImpl>(std::move(args))); }

}  // namespace cornu::keras::metrics
