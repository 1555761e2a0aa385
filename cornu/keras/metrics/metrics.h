#pragma once

#include <span>

#include "cornu/keras/metrics/accuracy_metrics.h"
#include "cornu/keras/metrics/confusion_metrics.h"
#include "cornu/keras/metrics/correlation_metrics.h"
#include "cornu/keras/metrics/f_score_metrics.h"
#include "cornu/keras/metrics/hinge_metrics.h"
#include "cornu/keras/metrics/iou_metrics.h"
#include "cornu/keras/metrics/mean_metric_wrapper.h"
#include "cornu/keras/metrics/probabilistic_metrics.h"
#include "cornu/keras/metrics/reduction_metrics.h"
#include "cornu/keras/metrics/regression_metrics.h"

namespace cornu::keras::metrics {

// A metric by name: one of the registry, or any loss's function, whose mean is watched. ValueError lists what is known.
CORNU_API Metric get(const std::string& name);

struct MetricRow {
  const char* class_name;
  std::vector<std::string> names;  // its own in snake_case, then short ones
  Metric (*from_config)(const Json& config);
};
CORNU_API std::span<const MetricRow> registry();

}  // namespace cornu::keras::metrics
