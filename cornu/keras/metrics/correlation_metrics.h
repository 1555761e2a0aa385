#pragma once

#include "cornu/keras/metrics/metric.h"

// How targets and predictions vary together along an axis: each class has its function, the class watches its mean over examples.

namespace cornu::keras::metrics {

struct PearsonCorrelationArgs {
  std::string name = "pearson_correlation";
  DTypePolicy dtype = config::floatx();
  int axis = -1;
};
// mean(a b), of both less their means and over their standard deviations: 1 for a line that rises. NaN where one is constant.
CORNU_API Metric PearsonCorrelation(PearsonCorrelationArgs args = {});
CORNU_API Tensor pearson_correlation(const Tensor& y_true, const Tensor& y_pred, int axis = -1);

struct ConcordanceCorrelationArgs {
  std::string name = "concordance_correlation";
  DTypePolicy dtype = config::floatx();
  int axis = -1;
};
// 2 covariance / (both variances + the squared difference of the means + epsilon): 1 for equal values. Lin, 1989
CORNU_API Metric ConcordanceCorrelation(ConcordanceCorrelationArgs args = {});
CORNU_API Tensor concordance_correlation(const Tensor& y_true, const Tensor& y_pred, int axis = -1);

}  // namespace cornu::keras::metrics
