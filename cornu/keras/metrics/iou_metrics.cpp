#include "cornu/keras/metrics/iou_metrics.h"

#include <numeric>

#include "cornu/keras/metrics/metric_of.h"
#include "cornu/keras/ops/core.h"
#include "cornu/keras/ops/math.h"
#include "cornu/keras/ops/numpy.h"

namespace cornu::keras::metrics {
namespace {

// What the five classes have in common.
struct IoURule {
  int64_t num_classes;
  std::vector<int> target_class_ids;
  std::optional<int> ignore_class;
  bool sparse_y_true, sparse_y_pred;
  int axis;
  std::optional<double> threshold;  // of the predictions of two classes
};

std::vector<int> all_classes(int num_classes) {
  std::vector<int> out(std::max(num_classes, 0));
  std::iota(out.begin(), out.end(), 0);
  return out;
}

void check_rule(const IoURule& rule) {
  if (rule.num_classes < 1)
    throw error<ValueError>("`num_classes` must be at least 1. Received: num_classes={}", rule.num_classes);
  if (rule.target_class_ids.empty())
    throw ValueError("`target_class_ids` must name a class at least. Received: target_class_ids=[]");
  for (const int id : rule.target_class_ids)
    if (id < 0 || id >= rule.num_classes)
      throw error<ValueError>("Target class id {} is out of range, which is [0, {}).", id, rule.num_classes);
}

// (num_classes, num_classes): the weight of each pair of label and prediction.
Tensor confusion_matrix(const IoURule& rule, const Tensor& labels, const Tensor& predictions, const Tensor& weight) {
  const auto is_class = [&](const Tensor& x) {
    return ops::logical_and(ops::greater_equal(x, 0), ops::less(x, rule.num_classes));
  };
  Tensor counts = ops::logical_and(is_class(labels), is_class(predictions));
  if (rule.ignore_class) counts = ops::logical_and(counts, ops::not_equal(labels, *rule.ignore_class));
  const Tensor pair = ops::cast(labels, int32) * rule.num_classes + ops::cast(predictions, int32);
  const Tensor sums = ops::segment_sum(weight, ops::where(counts, pair, -1), rule.num_classes * rule.num_classes);
  return ops::reshape(sums, {rule.num_classes, rule.num_classes});
}

// Over the target classes that occur.
Tensor mean_iou(const IoURule& rule, const Tensor& matrix) {
  const Tensor ids(rule.target_class_ids);
  const auto of_targets = [&](const Tensor& x) { return ops::cast(ops::take(x, ids, 0), float32); };
  const Tensor both = ops::diag(matrix), either = ops::sum(matrix, 0) + ops::sum(matrix, 1) - both;
  const Tensor size = of_targets(either), occurs = ops::greater(size, 1e-9);
  const Tensor iou = ops::where(occurs, of_targets(both) / (size + config::epsilon()), 0.0);
  return ops::sum(iou) / (ops::sum(ops::cast(occurs, float32)) + config::epsilon());
}

template <class Args>
class IoUImpl final : public MetricOf<Args> {
 public:
  IoUImpl(const char* class_name, Args args, IoURule rule)
      : MetricOf<Args>(class_name, std::move(args), MetricDirection::up), rule_(std::move(rule)) {
    check_rule(rule_);
    total_ = this->add_variable("total_confusion_matrix", {rule_.num_classes, rule_.num_classes});
  }

  void update_state(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight) override {
    const Tensor labels = flat(rule_.sparse_y_true ? y_true : ops::argmax(y_true, rule_.axis));
    const Tensor predictions = flat(predicted(y_pred));
    const Tensor given = sample_weight.exists() ? flat(sample_weight) : Tensor(1);
    const Tensor weight = ops::broadcast_to(ops::cast(given, this->dtype()), labels.shape());
    total_.assign_add(confusion_matrix(rule_, labels, predictions, weight));
  }
  Tensor result() const override { return mean_iou(rule_, total_.value()); }

 private:
  Tensor flat(const Tensor& x) const {
    const Tensor value = ops::cast(x, this->dtype());
    return x.rank() > 1 ? ops::reshape(value, {-1}) : value;
  }
  Tensor predicted(const Tensor& y_pred) const {
    if (rule_.threshold) return ops::greater_equal(ops::cast(y_pred, float32), *rule_.threshold);
    return rule_.sparse_y_pred ? y_pred : ops::argmax(y_pred, rule_.axis);
  }

  IoURule rule_;
  Variable total_;
};

template <class Args>
Metric make_iou(const char* class_name, Args args, IoURule rule) {
  return Metric(std::make_shared<IoUImpl<Args>>(class_name, std::move(args), std::move(rule)));
}

}  // namespace

Metric IoU(IoUArgs args) {
  const IoURule rule{
      args.num_classes, args.target_class_ids, args.ignore_class, args.sparse_y_true, args.sparse_y_pred, args.axis, {}};
  return make_iou("IoU", std::move(args), rule);
}
Metric BinaryIoU(BinaryIoUArgs args) {
  const IoURule rule{2, args.target_class_ids, {}, true, true, -1, args.threshold};
  return make_iou("BinaryIoU", std::move(args), rule);
}
Metric MeanIoU(MeanIoUArgs args) {
  const IoURule rule{
      args.num_classes, all_classes(args.num_classes), args.ignore_class, args.sparse_y_true, args.sparse_y_pred, args.axis, {}};
  return make_iou("MeanIoU", std::move(args), rule);
}
Metric OneHotIoU(OneHotIoUArgs args) {
  const IoURule rule{args.num_classes, args.target_class_ids, args.ignore_class, false, args.sparse_y_pred, args.axis, {}};
  return make_iou("OneHotIoU", std::move(args), rule);
}
Metric OneHotMeanIoU(OneHotMeanIoUArgs args) {
  const IoURule rule{
      args.num_classes, all_classes(args.num_classes), args.ignore_class, false, args.sparse_y_pred, args.axis, {}};
  return make_iou("OneHotMeanIoU", std::move(args), rule);
}

}  // namespace cornu::keras::metrics
