#pragma once

// For the optimizers' own files.

#include <nlohmann/json.hpp>

#include "cornu/keras/optimizers/base_optimizer.h"
#include "cornu/keras/saving/json_fields.h"

namespace cornu::keras::optimizers {

// An optimizer with a struct of arguments, of which its config is made: those that all optimizers have, then its own in order.
template <class Args>
class OptimizerOf : public BaseOptimizer {
 public:
  explicit OptimizerOf(Args args) : BaseOptimizer(args.learning_rate, base_args(args)), own_(std::move(args)) {}
  Json get_config() const override {
    Json config = BaseOptimizer::get_config();
    const Json given = saving::to_json(own_);
    for (const auto& [key, value] : given.items())
      if (!config.contains(key)) config[key] = value;
    return config;
  }

 protected:
  const Args own_;
};

}  // namespace cornu::keras::optimizers
