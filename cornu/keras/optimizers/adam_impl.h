#pragma once

// What Adam and AdamW share: everything but the default of `weight_decay`.

#include "cornu/keras/ops/core.h"
#include "cornu/keras/ops/numpy.h"
#include "cornu/keras/optimizers/optimizer_of.h"

namespace cornu::keras::optimizers {

template <class Args>
class AdamImpl final : public OptimizerOf<Args> {
 public:
  AdamImpl(const char* class_name, Args args) : OptimizerOf<Args>(std::move(args)), class_name_(class_name) {}
  std::string class_name() const override { return class_name_; }

  // m <- m + (g - m) (1 - beta_1);  v <- v + (g^2 - v) (1 - beta_2)
  // w <- w - m alpha / (sqrt(v) + epsilon),  alpha = rate sqrt(1 - beta_2^t) / (1 - beta_1^t)
  void update_step(const Tensor& gradient, const Variable& variable, const std::vector<Variable>& slots,
                   const Tensor& learning_rate) override {
    const Args& own = this->own_;
    const Tensor step = ops::cast(this->iterations() + 1, variable.dtype());
    const Tensor alpha = learning_rate * ops::sqrt(1.0 - ops::power(own.beta_2, step)) / (1.0 - ops::power(own.beta_1, step));
    const Variable &momentum = slots[0], &velocity = slots[1];
    momentum.assign_add((gradient - momentum.value()) * (1.0 - own.beta_1));
    velocity.assign_add((ops::square(gradient) - velocity.value()) * (1.0 - own.beta_2));
    Tensor v = velocity.value();
    if (own.amsgrad) {
      slots[2].assign(ops::maximum(slots[2].value(), v));
      v = slots[2].value();
    }
    variable.assign_sub(momentum.value() * alpha / (ops::sqrt(v) + own.epsilon));
  }

 protected:
  std::vector<std::vector<std::string>> slot_names() const override {
    if (this->own_.amsgrad) return {{"momentum", "velocity"}, {"velocity_hat"}};
    return {{"momentum", "velocity"}};
  }

 private:
  const char* class_name_;
};

}  // namespace cornu::keras::optimizers
