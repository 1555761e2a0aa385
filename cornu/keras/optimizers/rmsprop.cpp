#include "cornu/keras/optimizers/rmsprop.h"

#include <nlohmann/json.hpp>

#include "cornu/keras/ops/numpy.h"

namespace cornu::keras::optimizers {
namespace {

class RMSpropImpl final : public BaseOptimizer {
 public:
  explicit RMSpropImpl(const RMSpropArgs& args)
      : BaseOptimizer(args.learning_rate, base_args(args)),
        rho_(args.rho),
        momentum_(args.momentum),
        epsilon_(args.epsilon),
        centered_(args.centered) {}
  std::string class_name() const override { return "RMSprop"; }

  // v <- v rho + g^2 (1 - rho);  w <- w - rate g / sqrt(v + epsilon), v less the squared mean gradient when centered;
  // with momentum the change is summed up first.
  void update_step(const Tensor& gradient, const Variable& variable, const std::vector<Variable>& slots,
                   const Tensor& learning_rate) override {
    const Variable& velocity = slots[0];
    velocity.assign(velocity.value() * rho_ + ops::square(gradient) * (1.0 - rho_));
    Tensor scale = velocity.value() + epsilon_;
    if (centered_) {
      const Variable& average = slots.back();
      average.assign(average.value() * rho_ + gradient * (1.0 - rho_));
      scale = velocity.value() - ops::square(average.value()) + epsilon_;
    }
    const Tensor change = learning_rate * gradient / ops::sqrt(scale);
    if (momentum_ <= 0) return variable.assign_sub(change);
    slots[1].assign(slots[1].value() * momentum_ + change);
    variable.assign_sub(slots[1].value());
  }

  Json get_config() const override {
    Json config = BaseOptimizer::get_config();
    config.update(Json{{"rho", rho_}, {"momentum", momentum_}, {"epsilon", epsilon_}, {"centered", centered_}});
    return config;
  }

 protected:
  std::vector<std::vector<std::string>> slot_names() const override {
    std::vector<std::vector<std::string>> out{{"velocity"}};
    if (momentum_ > 0) out.push_back({"momentum"});
    if (centered_) out.push_back({"average_gradient"});
    return out;
  }

 private:
  double rho_, momentum_, epsilon_;
  bool centered_;
};

}  // namespace

Optimizer RMSprop(RMSpropArgs args) { return Optimizer(std::make_shared<RMSpropImpl>(args)); }

}  // namespace cornu::keras::optimizers
