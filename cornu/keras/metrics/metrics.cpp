#include "cornu/keras/metrics/metrics.h"

#include <nlohmann/json.hpp>

#include "cornu/base/python_names.h"
#include "cornu/keras/losses/losses.h"
#include "cornu/keras/ops/operation.h"
#include "cornu/keras/saving/json_fields.h"

namespace cornu::keras::metrics {

std::span<const MetricRow> registry() {
#define ROW(Class, ...)                                                                        \
  {                                                                                            \
#Class, {to_snake_case(#Class) __VA_OPT__(, ) __VA_ARGS__ },                               \
             +[](const Json& config) { return Class(saving::from_json<Class##Args>(config)); } \
  }
  static const MetricRow rows[] = {
      ROW(Mean),
      ROW(Sum),
      ROW(MeanMetricWrapper),
      ROW(MeanSquaredError, "mse", "MSE"),
      ROW(RootMeanSquaredError),
      ROW(MeanAbsoluteError, "mae", "MAE"),
      ROW(MeanAbsolutePercentageError, "mape", "MAPE"),
      ROW(MeanSquaredLogarithmicError, "msle", "MSLE"),
      ROW(CosineSimilarity),
      ROW(LogCoshError),
      ROW(R2Score),
      ROW(AUC),
      ROW(FalseNegatives),
      ROW(FalsePositives),
      ROW(Precision),
      ROW(PrecisionAtRecall),
      ROW(Recall),
      ROW(RecallAtPrecision),
      ROW(SensitivityAtSpecificity),
      ROW(SpecificityAtSensitivity),
      ROW(TrueNegatives),
      ROW(TruePositives),
      ROW(ConcordanceCorrelation),
      ROW(PearsonCorrelation),
      ROW(Hinge),
      ROW(SquaredHinge),
      ROW(CategoricalHinge),
      ROW(KLDivergence),
      ROW(Poisson),
      ROW(BinaryCrossentropy, "bce", "BCE"),
      ROW(CategoricalCrossentropy),
      ROW(SparseCategoricalCrossentropy),
      ROW(Accuracy),
      ROW(BinaryAccuracy),
      ROW(CategoricalAccuracy),
      ROW(SparseCategoricalAccuracy),
      ROW(TopKCategoricalAccuracy),
      ROW(SparseTopKCategoricalAccuracy),
      ROW(F1Score),
      ROW(FBetaScore),
      ROW(IoU),
      ROW(BinaryIoU),
      ROW(MeanIoU),
      ROW(OneHotIoU),
      ROW(OneHotMeanIoU),
  };
#undef ROW
  return rows;
}

PYTHON_NAMES("keras.metrics.get");
Metric get(const std::string& name) {
  std::string known;
  for (const auto& row : registry()) {
    bool matches = name == row.class_name;
    for (const auto& alias : row.names) {
      matches |= name == alias;
      known += alias + ", ";
    }
    if (matches) return row.from_config(Json{{"name", name}});
  }
  const bool is_registered = name.find('>') != name.npos;  // a user's own function
  Loss loss;
  try {
    loss = Loss(name);
  } catch (const ValueError&) {
    throw error<ValueError>("Could not interpret metric identifier: '{}'. Known: {}and the name of any loss", name, known);
  }
  return Metric([loss](const Tensor& y_true, const Tensor& y_pred) { return loss->call(y_true, y_pred); },
                name.substr(name.find('>') + 1), is_registered ? MetricDirection::unknown : MetricDirection::down);
}

}  // namespace cornu::keras::metrics
