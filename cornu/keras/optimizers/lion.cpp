#include "cornu/keras/optimizers/lion.h"

#include "cornu/keras/ops/numpy.h"
#include "cornu/keras/optimizers/optimizer_of.h"

namespace cornu::keras::optimizers {
namespace {

class LionImpl final : public OptimizerOf<LionArgs> {
 public:
  explicit LionImpl(LionArgs args) : OptimizerOf(std::move(args)) {
    if (own_.beta_1 <= 0 || own_.beta_1 > 1)
      throw error<ValueError>("Argument `beta_1` must be in the (0, 1] range: at 0 Lion is SignSGD. Received: beta_1={}.",
                              own_.beta_1);
  }
  std::string class_name() const override { return "Lion"; }

  // w <- w - rate sign(m beta_1 + g (1 - beta_1));  m <- m beta_2 + g (1 - beta_2)
  void update_step(const Tensor& gradient, const Variable& variable, const std::vector<Variable>& slots,
                   const Tensor& learning_rate) override {
    const Variable& momentum = slots[0];
    const auto mixed = [&](double beta) { return momentum.value() * beta + gradient * (1.0 - beta); };
    variable.assign_sub(learning_rate * ops::sign(mixed(own_.beta_1)));
    momentum.assign(mixed(own_.beta_2));
  }

 protected:
  std::vector<std::vector<std::string>> slot_names() const override { return {{"momentum"}}; }
};

}  // namespace

Optimizer Lion(LionArgs args) { return Optimizer(std::make_shared<LionImpl>(std::move(args))); }

}  // namespace cornu::keras::optimizers
