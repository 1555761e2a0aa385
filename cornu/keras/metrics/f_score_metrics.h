#pragma once

#include "cornu/keras/metrics/metric.h"

namespace cornu::keras::metrics {

struct FBetaScoreArgs {
  std::string name = "fbeta_score";
  DTypePolicy dtype = config::floatx();
  // How the scores of the classes become one: "micro" (all counted together), "macro" (their mean), "weighted" (by how often a
  // class is true) or none: one a class.
  std::optional<std::string> average;
  double beta = 1.0;                // > 0: how many times recall matters more than precision
  std::optional<double> threshold;  // in (0, 1]: what is predicted; none: the largest of each row
};
// (1 + beta^2) precision recall / (beta^2 precision + recall), of (batch, classes).
CORNU_API Metric FBetaScore(FBetaScoreArgs args = {});

struct F1ScoreArgs {
  std::string name = "f1_score";
  DTypePolicy dtype = config::floatx();
  std::optional<std::string> average;
  std::optional<double> threshold;
};
// FBetaScore of beta 1.
CORNU_API Metric F1Score(F1ScoreArgs args = {});

}  // namespace cornu::keras::metrics
