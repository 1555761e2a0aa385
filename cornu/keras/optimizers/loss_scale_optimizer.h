#pragma once

#include "cornu/keras/optimizers/base_optimizer.h"

namespace cornu::keras {
namespace optimizers {

struct LossScaleOptimizerArgs {
  double initial_scale = 32768;
  int64_t dynamic_growth_steps = 2000;  // steps without a gradient that is not finite, after which the scale doubles
  std::string name;
};

// Multiplies the loss, so that gradients do not become zero in float16, and divides the gradients again before the inner optimizer
// takes them. Where one is not finite, the step changes no weight and nothing of the inner optimizer, and the scale halves.
class CORNU_API LossScaleOptimizerImpl final : public BaseOptimizer {
 public:
  LossScaleOptimizerImpl(Optimizer inner_optimizer, LossScaleOptimizerArgs args);
  std::string class_name() const override { return "LossScaleOptimizer"; }
  const Optimizer& inner_optimizer() const { return inner_; }
  Tensor dynamic_scale() const { return dynamic_scale_.value(); }

  void build(const std::vector<Variable>& variables) override;
  void apply(const std::vector<Tensor>& grads, const std::vector<Variable>& variables) override;
  Tensor iterations() const override { return inner_->iterations(); }
  Tensor learning_rate() const override { return inner_->learning_rate(); }
  void set_learning_rate(double learning_rate) override { inner_->set_learning_rate(learning_rate); }
  // The inner one's follow its own; files hold them a second time as those of a child.
  std::vector<Variable> variables() const override;
  std::vector<Variable> own_variables() const override;
  Tensor scale_loss(const Tensor& loss) const override;
  std::vector<std::pair<Variable, Variable>> averages() const override { return inner_->averages(); }
  void finalize_variable_values(const std::vector<Variable>& variables) override { inner_->finalize_variable_values(variables); }
  Json get_config() const override;

 protected:
  std::vector<Variable> shared_variables() const override { return {step_counter_, dynamic_scale_}; }
  void update_step(const Tensor&, const Variable&, const std::vector<Variable>&, const Tensor&) override {}

 private:
  void update_scale(const Tensor& finite);

  Optimizer inner_;
  LossScaleOptimizerArgs args_;
  Variable step_counter_, dynamic_scale_;
};

// `compile` wraps the optimizer of a model of policy "mixed_float16" in one by itself.
CORNU_API Optimizer LossScaleOptimizer(Optimizer inner_optimizer, LossScaleOptimizerArgs args = {});

}  // namespace optimizers

namespace mixed_precision {
using optimizers::LossScaleOptimizer;
}

}  // namespace cornu::keras
