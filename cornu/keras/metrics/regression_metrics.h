#pragma once

#include "cornu/keras/losses/regression_losses.h"
#include "cornu/keras/metrics/metric.h"

// The means of losses of numbers (losses/regression_losses.h), whose functions are found here too, and scores of a whole epoch.

namespace cornu::keras::metrics {

using losses::huber;
using losses::log_cosh;
using losses::mean_absolute_error;
using losses::mean_absolute_percentage_error;
using losses::mean_squared_error;
using losses::mean_squared_logarithmic_error;

struct MeanSquaredErrorArgs {
  std::string name = "mean_squared_error";
  DTypePolicy dtype = config::floatx();
};
CORNU_API Metric MeanSquaredError(MeanSquaredErrorArgs args = {});

struct RootMeanSquaredErrorArgs {
  std::string name = "root_mean_squared_error";
  DTypePolicy dtype = config::floatx();
};
// The root of the mean over all examples.
CORNU_API Metric RootMeanSquaredError(RootMeanSquaredErrorArgs args = {});

struct MeanAbsoluteErrorArgs {
  std::string name = "mean_absolute_error";
  DTypePolicy dtype = config::floatx();
};
CORNU_API Metric MeanAbsoluteError(MeanAbsoluteErrorArgs args = {});

struct MeanAbsolutePercentageErrorArgs {
  std::string name = "mean_absolute_percentage_error";
  DTypePolicy dtype = config::floatx();
};
CORNU_API Metric MeanAbsolutePercentageError(MeanAbsolutePercentageErrorArgs args = {});

struct MeanSquaredLogarithmicErrorArgs {
  std::string name = "mean_squared_logarithmic_error";
  DTypePolicy dtype = config::floatx();
};
CORNU_API Metric MeanSquaredLogarithmicError(MeanSquaredLogarithmicErrorArgs args = {});

struct CosineSimilarityArgs {
  std::string name = "cosine_similarity";
  DTypePolicy dtype = config::floatx();
  int axis = -1;
};
// The similarity itself, 1 for vectors of the same direction: the loss's sign turned.
CORNU_API Metric CosineSimilarity(CosineSimilarityArgs args = {});

struct LogCoshErrorArgs {
  std::string name = "logcosh";
  DTypePolicy dtype = config::floatx();
};
CORNU_API Metric LogCoshError(LogCoshErrorArgs args = {});

struct R2ScoreArgs {
  std::string name = "r2_score";
  DTypePolicy dtype = config::floatx();
  // How the scores of the columns become one: "uniform_average", "variance_weighted_average" or none: one a column.
  std::optional<std::string> class_aggregation = "uniform_average";
  int num_regressors = 0;  // more than 0: the adjusted score of so many independent predictors
};
// The coefficient of determination, 1 - sum((y_true - y_pred)^2) / sum((y_true - mean)^2), of (batch, columns).
CORNU_API Metric R2Score(R2ScoreArgs args = {});

}  // namespace cornu::keras::metrics
