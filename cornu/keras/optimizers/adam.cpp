#include "cornu/keras/optimizers/adam.h"

#include <nlohmann/json.hpp>

#include "cornu/keras/ops/core.h"
#include "cornu/keras/ops/numpy.h"

namespace cornu::keras::optimizers {
namespace {

class AdamImpl final : public BaseOptimizer {
 public:
  explicit AdamImpl(const AdamArgs& args)
      : BaseOptimizer(args.learning_rate, base_args(args)),
        beta_1_(args.beta_1),
        beta_2_(args.beta_2),
        epsilon_(args.epsilon),
        amsgrad_(args.amsgrad) {}
  std::string class_name() const override { return "Adam"; }

  // m <- m + (g - m) (1 - beta_1);  v <- v + (g^2 - v) (1 - beta_2)
  // w <- w - m alpha / (sqrt(v) + epsilon),  alpha = rate sqrt(1 - beta_2^t) / (1 - beta_1^t)
  void update_step(const Tensor& gradient, const Variable& variable, const std::vector<Variable>& slots,
                   const Tensor& learning_rate) override {
    const Tensor step = ops::cast(iterations() + 1, variable.dtype());
    const Tensor alpha = learning_rate * ops::sqrt(1.0 - ops::power(beta_2_, step)) / (1.0 - ops::power(beta_1_, step));
    const Variable &momentum = slots[0], &velocity = slots[1];
    momentum.assign_add((gradient - momentum.value()) * (1.0 - beta_1_));
    velocity.assign_add((ops::square(gradient) - velocity.value()) * (1.0 - beta_2_));
    Tensor v = velocity.value();
    if (amsgrad_) {
      slots[2].assign(ops::maximum(slots[2].value(), v));
      v = slots[2].value();
    }
    variable.assign_sub(momentum.value() * alpha / (ops::sqrt(v) + epsilon_));
  }

  Json get_config() const override {
    Json config = BaseOptimizer::get_config();
    config.update(Json{{"beta_1", beta_1_}, {"beta_2", beta_2_}, {"epsilon", epsilon_}, {"amsgrad", amsgrad_}});
    return config;
  }

 protected:
  std::vector<std::vector<std::string>> slot_names() const override {
    if (amsgrad_) return {{"momentum", "velocity"}, {"velocity_hat"}};
    return {{"momentum", "velocity"}};
  }

 private:
  double beta_1_, beta_2_, epsilon_;
  bool amsgrad_;
};

}  // namespace

Optimizer Adam(AdamArgs args) { return Optimizer(std::make_shared<AdamImpl>(args)); }

}  // namespace cornu::keras::optimizers
