#include "cornu/keras/optimizers/sgd.h"

#include <nlohmann/json.hpp>

#include "cornu/keras/ops/numpy.h"

namespace cornu::keras::optimizers {
namespace {

class SGDImpl final : public BaseOptimizer {
 public:
  explicit SGDImpl(const SGDArgs& args)
      : BaseOptimizer(args.learning_rate, base_args(args)), momentum_(args.momentum), nesterov_(args.nesterov) {
    if (momentum_ < 0 || momentum_ > 1)
      throw error<ValueError>("`momentum` must be a float between [0, 1]. Received: momentum={}", momentum_);
  }
  std::string class_name() const override { return "SGD"; }

  // m <- m momentum - g rate;  w <- w + m  (Nesterov: w <- w + m momentum - g rate)
  void update_step(const Tensor& gradient, const Variable& variable, const std::vector<Variable>& slots,
                   const Tensor& learning_rate) override {
    const Tensor change = gradient * learning_rate;
    if (momentum_ == 0) return variable.assign_sub(change);
    const Variable& velocity = slots[0];
    velocity.assign(velocity.value() * momentum_ - change);
    variable.assign_add(nesterov_ ? velocity.value() * momentum_ - change : velocity.value());
  }

  Json get_config() const override {
    Json config = BaseOptimizer::get_config();
    config.update(Json{{"momentum", momentum_}, {"nesterov", nesterov_}});
    return config;
  }

 protected:
  std::vector<std::vector<std::string>> slot_names() const override {
    if (momentum_ == 0) return {};
    return {{"momentum"}};
  }

 private:
  double momentum_;
  bool nesterov_;
};

}  // namespace

Optimizer SGD(SGDArgs args) { return Optimizer(std::make_shared<SGDImpl>(args)); }

}  // namespace cornu::keras::optimizers
