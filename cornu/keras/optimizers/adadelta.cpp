#include "cornu/keras/optimizers/adadelta.h"

#include "cornu/keras/ops/numpy.h"
#include "cornu/keras/optimizers/optimizer_of.h"

namespace cornu::keras::optimizers {
namespace {

class AdadeltaImpl final : public OptimizerOf<AdadeltaArgs> {
 public:
  using OptimizerOf::OptimizerOf;
  std::string class_name() const override { return "Adadelta"; }

  // a <- a rho + g^2 (1 - rho);  d = -g sqrt(b + epsilon) / sqrt(a + epsilon);  b <- b rho + d^2 (1 - rho);  w <- w + rate d
  void update_step(const Tensor& gradient, const Variable& variable, const std::vector<Variable>& slots,
                   const Tensor& learning_rate) override {
    const Variable &gradients = slots[0], &changes = slots[1];
    const auto root = [&](const Variable& mean_square) { return ops::sqrt(mean_square.value() + own_.epsilon); };
    const auto move = [&](const Variable& mean_square, const Tensor& x) {
      mean_square.assign(mean_square.value() * own_.rho + ops::square(x) * (1.0 - own_.rho));
    };
    move(gradients, gradient);
    const Tensor change = -(root(changes) * gradient / root(gradients));
    move(changes, change);
    variable.assign_add(learning_rate * change);
  }

 protected:
  std::vector<std::vector<std::string>> slot_names() const override { return {{"accumulated_grad", "accumulated_delta_var"}}; }
};

}  // namespace

Optimizer Adadelta(AdadeltaArgs args) { return Optimizer(std::make_shared<AdadeltaImpl>(std::move(args))); }

}  // namespace cornu::keras::optimizers
