#include "cornu/keras/optimizers/lamb.h"

#include "cornu/keras/ops/core.h"
#include "cornu/keras/ops/numpy.h"
#include "cornu/keras/optimizers/optimizer_of.h"

namespace cornu::keras::optimizers {
namespace {

class LambImpl final : public OptimizerOf<LambArgs> {
 public:
  using OptimizerOf::OptimizerOf;
  std::string class_name() const override { return "Lamb"; }

  // m and v are Adam's;  d = (m / (1 - beta_1^t)) / (sqrt(v / (1 - beta_2^t)) + epsilon)
  // w <- w - rate d |w| / |d|, without the norms where one of them is 0
  void update_step(const Tensor& gradient, const Variable& variable, const std::vector<Variable>& slots,
                   const Tensor& learning_rate) override {
    const Tensor step = ops::cast(iterations() + 1, variable.dtype());
    const Variable &momentum = slots[0], &velocity = slots[1];
    momentum.assign_add((gradient - momentum.value()) * (1.0 - own_.beta_1));
    velocity.assign_add((ops::square(gradient) - velocity.value()) * (1.0 - own_.beta_2));
    const Tensor m = momentum.value() / (1.0 - ops::power(own_.beta_1, step)),
                 v = velocity.value() / (1.0 - ops::power(own_.beta_2, step)), update = m / (ops::sqrt(v) + own_.epsilon);
    const Tensor weight_norm = norm(variable.value()), update_norm = norm(update);
    const Tensor both = ops::logical_and(ops::greater(weight_norm, 0.0), ops::greater(update_norm, 0.0));
    variable.assign_sub(ops::where(both, weight_norm / update_norm, 1.0) * learning_rate * update);
  }

 protected:
  std::vector<std::vector<std::string>> slot_names() const override { return {{"momentum", "velocity"}}; }

 private:
  static Tensor norm(const Tensor& x) { return ops::sqrt(ops::sum(ops::square(x))); }
};

}  // namespace

Optimizer Lamb(LambArgs args) { return Optimizer(std::make_shared<LambImpl>(std::move(args))); }

}  // namespace cornu::keras::optimizers
