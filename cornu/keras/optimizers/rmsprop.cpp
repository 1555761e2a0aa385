#include "cornu/keras/optimizers/rmsprop.h"

#include "cornu/keras/ops/numpy.h"
#include "cornu/keras/optimizers/optimizer_of.h"

namespace cornu::keras::optimizers {
namespace {

class RMSpropImpl final : public OptimizerOf<RMSpropArgs> {
 public:
  using OptimizerOf::OptimizerOf;
  std::string class_name() const override { return "RMSprop"; }

  // v <- v rho + g^2 (1 - rho);  w <- w - rate g / sqrt(v + epsilon), v less the squared mean gradient when centered;
  // with momentum the change is summed up first.
  void update_step(const Tensor& gradient, const Variable& variable, const std::vector<Variable>& slots,
                   const Tensor& learning_rate) override {
    const double rho = own_.rho;
    const Variable& velocity = slots[0];
    velocity.assign(velocity.value() * rho + ops::square(gradient) * (1.0 - rho));
    Tensor scale = velocity.value() + own_.epsilon;
    if (own_.centered) {
      const Variable& average = slots.back();
      average.assign(average.value() * rho + gradient * (1.0 - rho));
      scale = velocity.value() - ops::square(average.value()) + own_.epsilon;
    }
    const Tensor change = learning_rate * gradient / ops::sqrt(scale);
    if (own_.momentum <= 0) return variable.assign_sub(change);
    slots[1].assign(slots[1].value() * own_.momentum + change);
    variable.assign_sub(slots[1].value());
  }

 protected:
  std::vector<std::vector<std::string>> slot_names() const override {
    std::vector<std::vector<std::string>> out{{"velocity"}};
    if (own_.momentum > 0) out.push_back({"momentum"});
    if (own_.centered) out.push_back({"average_gradient"});
    return out;
  }
};

}  // namespace

Optimizer RMSprop(RMSpropArgs args) { return Optimizer(std::make_shared<RMSpropImpl>(std::move(args))); }

}  // namespace cornu::keras::optimizers
