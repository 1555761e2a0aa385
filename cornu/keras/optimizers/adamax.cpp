#include "cornu/keras/optimizers/adamax.h"

#include "cornu/keras/ops/core.h"
#include "cornu/keras/ops/numpy.h"
#include "cornu/keras/optimizers/optimizer_of.h"

namespace cornu::keras::optimizers {
namespace {

class AdamaxImpl final : public OptimizerOf<AdamaxArgs> {
 public:
  using OptimizerOf::OptimizerOf;
  std::string class_name() const override { return "Adamax"; }

  // m <- m + (g - m) (1 - beta_1);  u <- max(u beta_2, |g|);  w <- w - rate m / ((1 - beta_1^t) (u + epsilon))
  void update_step(const Tensor& gradient, const Variable& variable, const std::vector<Variable>& slots,
                   const Tensor& learning_rate) override {
    const Tensor step = ops::cast(iterations() + 1, variable.dtype());
    const Variable &momentum = slots[0], &norm = slots[1];
    momentum.assign_add((gradient - momentum.value()) * (1.0 - own_.beta_1));
    norm.assign(ops::maximum(norm.value() * own_.beta_2, ops::abs(gradient)));
    const Tensor scale = (1.0 - ops::power(own_.beta_1, step)) * (norm.value() + own_.epsilon);
    variable.assign_sub(learning_rate * momentum.value() / scale);
  }

 protected:
  std::vector<std::vector<std::string>> slot_names() const override { return {{"momentum", "norm"}}; }
};

}  // namespace

Optimizer Adamax(AdamaxArgs args) { return Optimizer(std::make_shared<AdamaxImpl>(std::move(args))); }

}  // namespace cornu::keras::optimizers
