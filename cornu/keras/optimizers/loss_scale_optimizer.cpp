#include "cornu/keras/optimizers/loss_scale_optimizer.h"

#include <nlohmann/json.hpp>

#include "cornu/base/errors.h"
#include "cornu/ir/node.h"
#include "cornu/keras/ops/core.h"
#include "cornu/keras/ops/numpy.h"
#include "cornu/keras/saving/serialization.h"

namespace cornu::keras::optimizers {
namespace {

Tensor all_finite(const std::vector<Tensor>& grads) {
  Tensor out;
  for (const Tensor& g : grads) {
    if (!g.exists()) continue;
    const Tensor one = ops::all(ops::isfinite(g));
    out = out.exists() ? ops::logical_and(out, one) : one;
  }
  if (!out.exists()) throw ValueError("No gradients provided for any variable: the loss does not depend on the weights.");
  return out;
}

// What a step may change, as it was before, to be put back where the step does not count.
class Undo {
 public:
  explicit Undo(std::vector<Variable> variables) : variables_(std::move(variables)) {
    for (const Variable& v : variables_) before_.push_back(v.value());
  }
  void unless(const Tensor& counts) const {
    for (std::size_t i = 0; i < variables_.size(); ++i)
      if (const Tensor now = variables_[i].value(); !(now.value() == before_[i].value()))
        variables_[i].assign(ops::where(counts, now, before_[i]));
  }

 private:
  std::vector<Variable> variables_;
  std::vector<Tensor> before_;
};

}  // namespace

LossScaleOptimizerImpl::LossScaleOptimizerImpl(Optimizer inner_optimizer, LossScaleOptimizerArgs args)
    : BaseOptimizer(0.0, {.name = args.name}), inner_(std::move(inner_optimizer)), args_(std::move(args)) {
  if (!inner_)
    throw ValueError("LossScaleOptimizer needs an `inner_optimizer`. Received: none. Name one, \"adam\" for instance.");
  if (args_.dynamic_growth_steps < 1)
    throw error<ValueError>("`dynamic_growth_steps` must be a positive integer. Received: dynamic_growth_steps={}",
                            args_.dynamic_growth_steps);
  step_counter_ = add_variable("step_counter", int64, {});
  dynamic_scale_ = add_variable("dynamic_scale", float32, {}, args_.initial_scale);
  // Gradients are scaled once.
  if (auto* base = dynamic_cast<BaseOptimizer*>(inner_.impl().get())) base->set_loss_scale_factor({});
  track_child("inner_optimizer", inner_.impl());
}

void LossScaleOptimizerImpl::build(const std::vector<Variable>& variables) {
  BaseOptimizer::build(variables);
  inner_->build(variables);
}

std::vector<Variable> LossScaleOptimizerImpl::variables() const {
  auto out = BaseOptimizer::variables();
  for (const Variable& v : inner_->variables()) out.push_back(v);
  return out;
}
std::vector<Variable> LossScaleOptimizerImpl::own_variables() const {
  auto out = BaseOptimizer::own_variables();
  for (const Variable& v : inner_->own_variables()) out.push_back(v);
  return out;
}

Tensor LossScaleOptimizerImpl::scale_loss(const Tensor& loss) const { return loss * dynamic_scale_.value(); }

// The step is one program whether it counts or not: nobody waits for the gradients to be looked at.
void LossScaleOptimizerImpl::apply(const std::vector<Tensor>& grads, const std::vector<Variable>& variables) {
  build(variables);
  const Tensor finite = all_finite(grads), scale = dynamic_scale_.value();
  std::vector<Tensor> unscaled;
  // No update begins before the test has ended, so that it is one kernel with what undoes it.
  for (const Tensor& g : grads) unscaled.push_back(g.exists() ? ops::where(finite, g / scale, 0.0) : g);
  std::vector<Variable> changed = inner_->variables();
  changed.insert(changed.end(), variables.begin(), variables.end());
  const Undo undo(std::move(changed));
  inner_->apply(unscaled, variables);
  undo.unless(finite);
  update_scale(finite);
}

void LossScaleOptimizerImpl::update_scale(const Tensor& finite) {
  const Tensor steps = step_counter_.value(), scale = dynamic_scale_.value();
  const Tensor grows = ops::equal(steps, args_.dynamic_growth_steps - 1);
  step_counter_.assign(ops::where(ops::logical_and(finite, ops::logical_not(grows)), steps + 1, 0));
  dynamic_scale_.assign(ops::where(finite, ops::where(grows, scale * 2.0, scale), scale * 0.5));
}

Json LossScaleOptimizerImpl::get_config() const {
  return Json{{"name", name().empty() ? trackable_name() : name()},
              {"inner_optimizer", serialize(static_cast<const Serializable&>(*inner_.impl()))},
              {"initial_scale", args_.initial_scale},
              {"dynamic_growth_steps", args_.dynamic_growth_steps}};
}

Optimizer LossScaleOptimizer(Optimizer inner_optimizer, LossScaleOptimizerArgs args) {
  return Optimizer(std::make_shared<LossScaleOptimizerImpl>(std::move(inner_optimizer), std::move(args)));
}

}  // namespace cornu::keras::optimizers
