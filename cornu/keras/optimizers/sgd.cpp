#include "cornu/keras/optimizers/sgd.h"

#include "cornu/keras/optimizers/optimizer_of.h"

namespace cornu::keras::optimizers {
namespace {

class SGDImpl final : public OptimizerOf<SGDArgs> {
 public:
  explicit SGDImpl(SGDArgs args) : OptimizerOf(std::move(args)) {
    if (own_.momentum < 0 || own_.momentum > 1)
      throw error<ValueError>("`momentum` must be a float between [0, 1]. Received: momentum={}", own_.momentum);
  }
  std::string class_name() const override { return "SGD"; }

  // m <- m momentum - g rate;  w <- w + m  (Nesterov: w <- w + m momentum - g rate)
  void update_step(const Tensor& gradient, const Variable& variable, const std::vector<Variable>& slots,
                   const Tensor& learning_rate) override {
    const Tensor change = gradient * learning_rate;
    if (own_.momentum == 0) return variable.assign_sub(change);
    const Variable& velocity = slots[0];
    velocity.assign(velocity.value() * own_.momentum - change);
    variable.assign_add(own_.nesterov ? velocity.value() * own_.momentum - change : velocity.value());
  }

 protected:
  std::vector<std::vector<std::string>> slot_names() const override {
    if (own_.momentum == 0) return {};
    return {{"momentum"}};
  }
};

}  // namespace

Optimizer SGD(SGDArgs args) { return Optimizer(std::make_shared<SGDImpl>(std::move(args))); }

}  // namespace cornu::keras::optimizers
