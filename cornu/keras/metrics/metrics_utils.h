#pragma once

#include <optional>
#include <vector>

#include "cornu/keras/ops/float_or_list.h"
#include "cornu/variable.h"

// What the metrics of confusion share.

namespace cornu::keras::metrics {

// A prediction above a threshold is positive.
class Thresholds {
 public:
  // What a user gives; `usual` for None. ValueError: one outside of [0, 1].
  static Thresholds given(const FloatOrList& thresholds, double usual);
  // `count` of them from 0 to 1; 0.5 for one.
  static Thresholds spaced(int count);
  // The same, or 0, the ones given (ascending) and 1; the ends just below 0 and above 1, so that every prediction is positive at
  // the first and none at the last.
  static Thresholds with_ends(int count, const std::optional<std::vector<double>>& inner);

  int64_t size() const { return static_cast<int64_t>(values_.size()); }
  const std::vector<double>& values() const { return values_; }
  bool are_even() const { return even_; }  // 0, 1/n, ..., 1, the ends perhaps moved
  bool have_outer_ends() const { return values_.front() < 0 || values_.back() > 1; }

 private:
  Thresholds(std::vector<double> values, bool even) : values_(std::move(values)), even_(even) {}
  std::vector<double> values_;
  bool even_;
};

inline constexpr double kNegativeInfinity = -1e10;  // Keras's: what is not among the top k

// How predictions and labels are read.
struct ConfusionRule {
  Thresholds thresholds;
  std::optional<int> top_k, class_id;  // only the k largest of a row are positive; only this class counts
  bool multi_label = false;            // counts of each column
  Tensor label_weights;                // of the columns, where these are counted together
};

// (thresholds), or (thresholds, labels) where `multi_label`: the weights of the examples of each kind.
struct ConfusionCounts {
  Tensor true_positives, false_positives, true_negatives, false_negatives;
};
// In floatx, as the variables are that add them up. ValueError: a `class_id` that is no column.
ConfusionCounts confusion_counts(const ConfusionRule& rule, const Tensor& y_true, const Tensor& y_pred,
                                 const Tensor& sample_weight);

// Keras's four variables of counts; `make(name)` makes one.
class ConfusionVariables {
 public:
  ConfusionVariables() = default;
  template <class F>
  explicit ConfusionVariables(F&& make)
      : true_positives_(make("true_positives")),
        false_positives_(make("false_positives")),
        true_negatives_(make("true_negatives")),
        false_negatives_(make("false_negatives")) {}
  const Variable& first() const { return true_positives_; }
  void add(const ConfusionCounts& counts) const;
  ConfusionCounts counts() const;

 private:
  Variable true_positives_, false_positives_, true_negatives_, false_negatives_;
};

}  // namespace cornu::keras::metrics
