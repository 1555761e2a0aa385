#include "cornu/keras/optimizers/adafactor.h"

#include "cornu/keras/ops/core.h"
#include "cornu/keras/ops/numpy.h"
#include "cornu/keras/optimizers/optimizer_of.h"

namespace cornu::keras::optimizers {
namespace {

class AdafactorImpl final : public OptimizerOf<AdafactorArgs> {
 public:
  using OptimizerOf::OptimizerOf;
  std::string class_name() const override { return "Adafactor"; }

  // b = 1 - t^beta_2_decay; r, c: means of g^2 + epsilon_1 over rows and columns, kept with b; v = r c / mean(r), or without axes to
  // take means over v <- v b + (g^2 + epsilon_1) (1 - b);  u = g / sqrt(v)
  // w <- w - max(epsilon_2, rms(w)) min(rate, 1 / sqrt(t)) u / max(1, rms(u) / clip_threshold)
  void update_step(const Tensor& gradient, const Variable& variable, const std::vector<Variable>& slots,
                   const Tensor& learning_rate) override {
    const Variable &rows = slots[0], &columns = slots[1], &velocity = slots[2];
    const Tensor step = ops::cast(iterations() + 1, variable.dtype());
    const Tensor beta_2 = 1.0 - ops::power(step, own_.beta_2_decay), square = ops::square(gradient) + own_.epsilon_1;
    const auto move = [&](const Variable& mean, const Tensor& to) { mean.assign(beta_2 * mean.value() + (1.0 - beta_2) * to); };
    if (is_factored(variable)) {
      move(rows, ops::mean(square, -1));
      move(columns, ops::mean(square, -2));
      const Tensor share = rows.value() / ops::mean(rows.value(), -1, true);
      velocity.assign(ops::expand_dims(share, -1) * ops::expand_dims(columns.value(), -2));
    } else {
      move(velocity, square);
    }
    const Tensor rate = ops::maximum(rms(variable.value()), own_.epsilon_2) * ops::minimum(learning_rate, 1.0 / ops::sqrt(step));
    const Tensor update = gradient / ops::sqrt(velocity.value());
    variable.assign_sub(rate * update / ops::maximum(rms(update) / own_.clip_threshold, 1.0));
  }

 protected:
  std::vector<std::vector<std::string>> slot_names() const override { return {{"rows", "columns", "velocity"}}; }
  // The first two have the weight's own name, and are placeholders in files where there is nothing to factor.
  Variable make_slot(const Variable& weight, const std::string& name) const override {
    if (name == "velocity") return add_variable_from_reference(weight, name);
    if (!is_factored(weight)) return add_variable(weight.name(), int32, {});
    std::vector<int64_t> dims(weight.shape().begin(), weight.shape().end());
    dims.erase(dims.end() - (name == "rows" ? 1 : 2));
    return add_variable(weight.name(), weight.dtype(), Shape(dims));
  }

 private:
  static bool is_factored(const Variable& weight) { return weight.shape().rank() >= 2; }
  static Tensor rms(const Tensor& x) { return ops::sqrt(ops::mean(ops::square(x))); }
};

}  // namespace

Optimizer Adafactor(AdafactorArgs args) { return Optimizer(std::make_shared<AdafactorImpl>(std::move(args))); }

}  // namespace cornu::keras::optimizers
