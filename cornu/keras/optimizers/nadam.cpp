#include "cornu/keras/optimizers/nadam.h"

#include "cornu/keras/dtype_policy.h"
#include "cornu/keras/ops/core.h"
#include "cornu/keras/ops/numpy.h"
#include "cornu/keras/optimizers/optimizer_of.h"

namespace cornu::keras::optimizers {
namespace {

class NadamImpl final : public OptimizerOf<NadamArgs> {
 public:
  using OptimizerOf::OptimizerOf;
  std::string class_name() const override { return "Nadam"; }
  void build(const std::vector<Variable>& variables) override {
    OptimizerOf::build(variables);
    if (u_product_.exists()) return;
    u_product_ = add_variable("variable", variables.empty() ? config::floatx() : variables[0].dtype(), {}, 1.0);
  }

  // u_t = beta_1 (1 - 0.96^t / 2), of which u_product is the product so far. m and v are Adam's, v over 1 - beta_2^t;
  // w <- w - rate (m u_{t+1} / (1 - u_product u_{t+1}) + g (1 - u_t) / (1 - u_product)) / (sqrt(v) + epsilon)
  void update_step(const Tensor& gradient, const Variable& variable, const std::vector<Variable>& slots,
                   const Tensor& learning_rate) override {
    const DType dtype = variable.dtype();
    // 1 - beta_2 in the weight's dtype, digits lost, as in Keras.
    const Tensor beta_1 = ops::cast(own_.beta_1, dtype), beta_2 = ops::cast(own_.beta_2, dtype);
    const Tensor product = ops::cast(u_product_.value(), dtype), next = u(2, dtype);
    const Variable &momentum = slots[0], &velocity = slots[1];
    momentum.assign_add((gradient - momentum.value()) * (1.0 - beta_1));
    velocity.assign_add((ops::square(gradient) - velocity.value()) * (1.0 - beta_2));
    const Tensor m = momentum.value() * (next / (1.0 - product * next)) + gradient * ((1.0 - u(1, dtype)) / (1.0 - product));
    const Tensor v = velocity.value() / (1.0 - ops::power(beta_2, ops::cast(iterations() + 1, dtype)));
    variable.assign_sub(m * learning_rate / (ops::sqrt(v) + own_.epsilon));
  }

 protected:
  std::vector<std::vector<std::string>> slot_names() const override { return {{"momentum", "velocity"}}; }
  std::vector<Variable> shared_variables() const override {
    if (!u_product_.exists()) return {};  // not built
    return {u_product_};
  }
  void begin_update() override { u_product_.assign(u_product_.value() * u(1, u_product_.dtype())); }

 private:
  // Of the step so many after the last.
  Tensor u(int ahead, DType dtype) const {
    return own_.beta_1 * (1.0 - 0.5 * ops::power(0.96, ops::cast(iterations() + ahead, dtype)));
  }
  Variable u_product_;
};

}  // namespace

Optimizer Nadam(NadamArgs args) { return Optimizer(std::make_shared<NadamImpl>(std::move(args))); }

}  // namespace cornu::keras::optimizers
