#include "cornu/keras/optimizers/adagrad.h"

#include "cornu/keras/ops/numpy.h"
#include "cornu/keras/optimizers/optimizer_of.h"

namespace cornu::keras::optimizers {
namespace {

class AdagradImpl final : public OptimizerOf<AdagradArgs> {
 public:
  using OptimizerOf::OptimizerOf;
  std::string class_name() const override { return "Adagrad"; }

  // a <- a + g^2;  w <- w - rate g / sqrt(a + epsilon)
  void update_step(const Tensor& gradient, const Variable& variable, const std::vector<Variable>& slots,
                   const Tensor& learning_rate) override {
    const Variable& accumulator = slots[0];
    accumulator.assign_add(ops::square(gradient));
    variable.assign_sub(learning_rate * gradient / ops::sqrt(accumulator.value() + own_.epsilon));
  }

 protected:
  std::vector<std::vector<std::string>> slot_names() const override { return {{"accumulator"}}; }
  Variable make_slot(const Variable& weight, const std::string& name) const override {
    return add_variable_from_reference(weight, name, own_.initial_accumulator_value);
  }
};

}  // namespace

Optimizer Adagrad(AdagradArgs args) { return Optimizer(std::make_shared<AdagradImpl>(std::move(args))); }

}  // namespace cornu::keras::optimizers
