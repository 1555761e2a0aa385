#pragma once

#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "cornu/keras/metrics/metric.h"
#include "cornu/keras/ops/float_or_list.h"

// Counts of right and wrong positives and negatives, and what is made of them. Labels are 0 or 1, a prediction above a
// threshold is positive. `thresholds`: one or several in [0, 1] (ValueError), 0.5 by default; several give one result each.

namespace cornu::keras::metrics {

struct ConfusionCountArgs {
  std::string name;  // empty: an automatic one, "true_positives"
  DTypePolicy dtype = config::floatx();
  FloatOrList thresholds;
};
using TruePositivesArgs = ConfusionCountArgs;
using TrueNegativesArgs = ConfusionCountArgs;
using FalsePositivesArgs = ConfusionCountArgs;
using FalseNegativesArgs = ConfusionCountArgs;
CORNU_API Metric TruePositives(TruePositivesArgs args = {});
CORNU_API Metric TrueNegatives(TrueNegativesArgs args = {});
CORNU_API Metric FalsePositives(FalsePositivesArgs args = {});
CORNU_API Metric FalseNegatives(FalseNegativesArgs args = {});

struct PrecisionArgs {
  std::string name;
  DTypePolicy dtype = config::floatx();
  FloatOrList thresholds;
  std::optional<int> top_k;     // only the k largest predictions of a row are positive (then without a threshold by default)
  std::optional<int> class_id;  // only this class counts
};
using RecallArgs = PrecisionArgs;
// true positives / (true positives + false positives)
CORNU_API Metric Precision(PrecisionArgs args = {});
// true positives / (true positives + false negatives)
CORNU_API Metric Recall(RecallArgs args = {});

// The best one value at those of `num_thresholds` even thresholds where the other one is at least so much. ValueError: it is
// needed, and in [0, 1].
inline constexpr double kNeeded = std::numeric_limits<double>::quiet_NaN();
struct SensitivityAtSpecificityArgs {
  std::string name;
  DTypePolicy dtype = config::floatx();
  std::optional<int> class_id;
  int num_thresholds = 200;
  double specificity = kNeeded;
};
CORNU_API Metric SensitivityAtSpecificity(SensitivityAtSpecificityArgs args);

struct SpecificityAtSensitivityArgs {
  std::string name;
  DTypePolicy dtype = config::floatx();
  std::optional<int> class_id;
  int num_thresholds = 200;
  double sensitivity = kNeeded;
};
CORNU_API Metric SpecificityAtSensitivity(SpecificityAtSensitivityArgs args);

struct PrecisionAtRecallArgs {
  std::string name;
  DTypePolicy dtype = config::floatx();
  std::optional<int> class_id;
  int num_thresholds = 200;
  double recall = kNeeded;
};
CORNU_API Metric PrecisionAtRecall(PrecisionAtRecallArgs args);

struct RecallAtPrecisionArgs {
  std::string name;
  DTypePolicy dtype = config::floatx();
  std::optional<int> class_id;
  int num_thresholds = 200;
  double precision = kNeeded;
};
CORNU_API Metric RecallAtPrecision(RecallAtPrecisionArgs args);

struct AUCArgs {
  std::string name;
  DTypePolicy dtype = config::floatx();
  int num_thresholds = 200;                        // at least 2
  std::string curve = "ROC";                       // or "PR", "PRGAIN" (Flach and Kull, 2015)
  std::string summation_method = "interpolation";  // or "minoring", "majoring". Of "PR": Davis and Goadrich, 2006
  bool multi_label = false;                        // the mean of the areas of the columns
  std::optional<int> num_labels;                  // of `multi_label`: the columns, if the state is wanted before the first update
  Tensor label_weights;                           // of the columns
  bool from_logits = false;                       // a sigmoid is taken first
  std::optional<std::vector<double>> thresholds;  // instead of even ones, without the ends 0 and 1
};
// The area under a curve over all thresholds.
CORNU_API Metric AUC(AUCArgs args = {});

}  // namespace cornu::keras::metrics
