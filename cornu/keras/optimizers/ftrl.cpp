#include "cornu/keras/optimizers/ftrl.h"

#include "cornu/keras/ops/numpy.h"
#include "cornu/keras/optimizers/optimizer_of.h"

namespace cornu::keras::optimizers {
namespace {

class FtrlImpl final : public OptimizerOf<FtrlArgs> {
 public:
  explicit FtrlImpl(FtrlArgs args) : OptimizerOf(std::move(args)) {
    if (own_.learning_rate_power > 0)
      throw error<ValueError>("`learning_rate_power` needs to be negative or zero. Received: learning_rate_power={}.",
                              own_.learning_rate_power);
    check("initial_accumulator_value", own_.initial_accumulator_value);
    check("l1_regularization_strength", own_.l1_regularization_strength);
    check("l2_regularization_strength", own_.l2_regularization_strength);
    check("l2_shrinkage_regularization_strength", own_.l2_shrinkage_regularization_strength);
  }
  std::string class_name() const override { return "Ftrl"; }

  // With n the accumulator, z the linear, p = -learning_rate_power, l1, l2, s (shrinkage) the strengths:
  // z <- z + g + 2 s w - ((n + g^2)^p - n^p) w / rate;  n <- n + g^2
  // w <- (clip(z, -l1, l1) - z) / (n^p / rate + 2 l2 + beta / rate)
  void update_step(const Tensor& gradient, const Variable& variable, const std::vector<Variable>& slots,
                   const Tensor& learning_rate) override {
    const Variable &accumulator = slots[0], &linear = slots[1];
    const double p = -own_.learning_rate_power;  // the default's root is many times faster than a power
    const auto power = [&](const Tensor& n) { return p == 0.5 ? ops::sqrt(n) : ops::power(n, p); };
    const Tensor w = variable.value(), n = accumulator.value() + ops::square(gradient);
    const Tensor shrunk = gradient + 2 * own_.l2_shrinkage_regularization_strength * w;
    linear.assign_add(shrunk - (power(n) - power(accumulator.value())) / learning_rate * w);
    const Tensor z = linear.value(), l2 = own_.l2_regularization_strength + own_.beta / (2.0 * learning_rate);
    const double l1 = own_.l1_regularization_strength;
    variable.assign((ops::clip(z, -l1, l1) - z) / (power(n) / learning_rate + 2.0 * l2));
    accumulator.assign(n);
  }

 protected:
  std::vector<std::vector<std::string>> slot_names() const override { return {{"accumulator", "linear"}}; }
  Variable make_slot(const Variable& weight, const std::string& name) const override {
    return add_variable_from_reference(weight, name, name == "accumulator" ? own_.initial_accumulator_value : 0.0);
  }

 private:
  static void check(const char* name, double value) {
    if (value < 0) throw error<ValueError>("`{}` needs to be positive or zero. Received: {}={}.", name, name, value);
  }
};

}  // namespace

Optimizer Ftrl(FtrlArgs args) { return Optimizer(std::make_shared<FtrlImpl>(std::move(args))); }

}  // namespace cornu::keras::optimizers
