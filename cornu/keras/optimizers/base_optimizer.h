#pragma once

#include <optional>
#include <unordered_map>

#include "cornu/keras/optimizers/optimizer.h"
#include "cornu/keras/optimizers/schedules/learning_rate_schedule.h"

namespace cornu::keras::optimizers {

// The arguments that every optimizer takes, at the end of its struct of arguments.
struct BaseArgs {
  std::optional<double> weight_decay, clipnorm, clipvalue, global_clipnorm;
  bool use_ema = false;
  double ema_momentum = 0.99;
  std::optional<int> ema_overwrite_frequency;
  std::optional<double> loss_scale_factor;
  std::optional<int> gradient_accumulation_steps;
  std::string name;
};
#define KERAS_OPTIMIZER_ARGS          \
  std::optional<double> weight_decay; \
  KERAS_OPTIMIZER_ARGS_AFTER_WEIGHT_DECAY
#define KERAS_OPTIMIZER_ARGS_AFTER_WEIGHT_DECAY   \
  std::optional<double> clipnorm;                 \
  std::optional<double> clipvalue;                \
  std::optional<double> global_clipnorm;          \
  bool use_ema = false;                           \
  double ema_momentum = 0.99;                     \
  std::optional<int> ema_overwrite_frequency;     \
  std::optional<double> loss_scale_factor;        \
  std::optional<int> gradient_accumulation_steps; \
  std::string name

template <class Args>
BaseArgs base_args(const Args& a) {
  return {a.weight_decay,
          a.clipnorm,
          a.clipvalue,
          a.global_clipnorm,
          a.use_ema,
          a.ema_momentum,
          a.ema_overwrite_frequency,
          a.loss_scale_factor,
          a.gradient_accumulation_steps,
          a.name};
}

// What all optimizers share (keras/src/optimizers/base_optimizer.py): clipping, weight decay, moving averages of the weights,
// accumulation of gradients, loss scaling, constraints. A concrete one names its slots and writes one update; optimizer_of.h makes
// its config.
class CORNU_API BaseOptimizer : public OptimizerImpl {
 public:
  BaseOptimizer(LearningRate learning_rate, BaseArgs args);

  const std::string& name() const override { return args_.name; }
  std::string trackable_name() const override;
  void build(const std::vector<Variable>& variables) override;
  bool built() const override { return built_; }
  void apply(const std::vector<Tensor>& grads, const std::vector<Variable>& variables) override;
  Tensor iterations() const override;
  Tensor learning_rate() const override;
  void set_learning_rate(double learning_rate) override;
  std::vector<Variable> variables() const override { return in_order_of_files(known_); }
  std::vector<Variable> own_variables() const override { return in_order_of_files(trained_); }
  Tensor scale_loss(const Tensor& loss) const override;
  std::vector<std::pair<Variable, Variable>> averages() const override;
  void finalize_variable_values(const std::vector<Variable>& variables) override;
  // Leaves these out of weight decay: by identity, or by a regular expression found in the name. Before build.
  void exclude_from_weight_decay(const std::vector<Variable>& variables, const std::vector<std::string>& names = {});
  // The loss is multiplied by it, and gradients are divided by it; by none: neither.
  void set_loss_scale_factor(std::optional<double> factor) { args_.loss_scale_factor = factor; }
  Json get_config() const override;

 protected:
  // The names of the variables that each weight gets. Those of one group stand together for each weight, in the order of files:
  // {{"momentum", "velocity"}, {"velocity_hat"}}.
  virtual std::vector<std::vector<std::string>> slot_names() const { return {}; }
  // One of these: by default zeros, shaped as the weight.
  virtual Variable make_slot(const Variable& weight, const std::string& name) const {
    return add_variable_from_reference(weight, name);
  }
  // What the weights share; in files behind the slots.
  virtual std::vector<Variable> shared_variables() const { return {}; }
  // Before the weights' updates, once for all.
  virtual void begin_update() {}
  // One update of one weight; `slots` in the order of slot_names, groups one after another.
  virtual void update_step(const Tensor& gradient, const Variable& variable, const std::vector<Variable>& slots,
                           const Tensor& learning_rate) = 0;

  // A variable of this optimizer, filled with a value; the second is shaped as a weight and named after it.
  Variable add_variable(const std::string& name, DType dtype, const Shape& shape, double value = 0) const;
  Variable add_variable_from_reference(const Variable& weight, const std::string& name, double value = 0) const;

 private:
  struct State {
    std::vector<Variable> slots;
    Variable average, accumulator;
  };
  State make_state(const Variable& variable) const;
  const State& state_of(const Variable& variable) const;
  std::vector<Variable> in_order_of_files(const std::vector<Variable>& weights) const;
  int64_t steps_on_host() const;
  // What the host decides about the coming step, a function of how many there were.
  struct Decision {
    bool update = true, overwrite = false;  // the weights; the weights by their averages
  };
  Decision decide() const;
  std::vector<Tensor> accumulate(const std::vector<Tensor>& grads, const std::vector<Variable>& variables, bool update);
  std::vector<Tensor> clipped(const std::vector<Tensor>& grads) const;
  void decay(const Variable& variable) const;
  bool is_decayed(const Variable& variable) const;
  void update_averages(const std::vector<Variable>& variables);

  BaseArgs args_;
  LearningRate given_rate_;
  Variable iterations_, learning_rate_;
  std::vector<Variable> known_, trained_, excluded_;  // weights: all that have a state, and those of the last build
  std::vector<std::string> excluded_names_;
  std::unordered_map<const exec::Slot*, State> states_;
  bool built_ = false;
};

}  // namespace cornu::keras::optimizers
