#include "cornu/keras/optimizers/base_optimizer.h"

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>

#include "cornu/base/python_names.h"
#include "cornu/base/regular_expression.h"
#include "cornu/keras/dtype_policy.h"
#include "cornu/keras/ops/core.h"
#include "cornu/keras/ops/numpy.h"
#include "cornu/keras/ops/operation.h"
#include "cornu/keras/saving/json_fields.h"
#include "cornu/keras/saving/serialization.h"
#include "cornu/trace.h"

namespace cornu::keras::optimizers {
namespace {

void check(const BaseArgs& args) {
  if (args.gradient_accumulation_steps && *args.gradient_accumulation_steps < 2)
    throw error<ValueError>("`gradient_accumulation_steps` must be an integer >= 2. Received: gradient_accumulation_steps={}",
                            *args.gradient_accumulation_steps);
  if (args.use_ema && (args.ema_momentum > 1 || args.ema_momentum < 0))
    throw error<ValueError>("`ema_momentum` must be in the range [0, 1]. Received: ema_momentum={}", args.ema_momentum);
  if (args.use_ema && args.ema_overwrite_frequency && *args.ema_overwrite_frequency < 1)
    throw error<ValueError>("`ema_overwrite_frequency` must be an integer >= 1 or None. Received: ema_overwrite_frequency={}",
                            *args.ema_overwrite_frequency);
  if (args.clipnorm.has_value() + args.clipvalue.has_value() + args.global_clipnorm.has_value() > 1)
    throw ValueError("Only one of `clipnorm`, `clipvalue` and `global_clipnorm` can be set. Received more than one of them.");
}

// g * clipnorm / max(|g|, clipnorm)
Tensor clip_by_norm(const Tensor& g, double clipnorm) {
  const Tensor norm = ops::sqrt(ops::sum(ops::square(g)));
  return g * clipnorm / ops::maximum(norm, clipnorm);
}

std::vector<Tensor> clip_by_global_norm(std::vector<Tensor> grads, double clipnorm) {
  Tensor squared;
  for (const Tensor& g : grads) {
    const Tensor one = ops::sum(ops::square(g));
    squared = squared.exists() ? squared + one : one;
  }
  const Tensor norm = ops::sqrt(squared);
  // norm - norm is zero, or NaN where the norm is not finite: the scale is then NaN, as in Keras.
  const Tensor scale = clipnorm * ops::minimum(1.0 / norm, 1.0 / clipnorm) + (norm - norm);
  for (Tensor& g : grads) g = g * scale;
  return grads;
}

}  // namespace

PYTHON_NAMES("keras.Optimizer");
BaseOptimizer::BaseOptimizer(LearningRate learning_rate, BaseArgs args)
    : args_(std::move(args)), given_rate_(std::move(learning_rate)) {
  check(args_);
  iterations_ = add_variable("iteration", int64, {});
  if (!given_rate_.schedule()) learning_rate_ = add_variable("learning_rate", config::floatx(), {}, given_rate_.value());
}

std::string BaseOptimizer::trackable_name() const { return to_snake_case(class_name()); }

// --- state ---

Variable BaseOptimizer::add_variable(const std::string& name, DType dtype, const Shape& shape, double value) const {
  const OutsideTrace outside;
  Variable variable(dtype, shape,
                    {.name = name, .trainable = false, .aggregation = shape.rank() == 0 ? "only_first_replica" : "none"});
  if (value != 0) variable.assign(ops::full(shape, value, dtype));
  variable.set_path(args_.name + "/" + name);
  return variable;
}

Variable BaseOptimizer::add_variable_from_reference(const Variable& weight, const std::string& name, double value) const {
  std::string path = weight.path();
  std::replace(path.begin(), path.end(), '/', '_');
  return add_variable(path + "_" + name, weight.dtype(), weight.shape(), value);
}

BaseOptimizer::State BaseOptimizer::make_state(const Variable& variable) const {
  State state;
  if (args_.use_ema) {
    state.average = add_variable_from_reference(variable, "average");
    // The optimizer's first update takes the weights as they are; the average of a weight that it does not see begins here.
    const OutsideTrace outside;
    state.average.assign(variable.value());
  }
  if (args_.gradient_accumulation_steps) state.accumulator = add_variable_from_reference(variable, "gradient_accumulator");
  for (const auto& group : slot_names())
    for (const std::string& slot : group) state.slots.push_back(make_slot(variable, slot));
  return state;
}

void BaseOptimizer::build(const std::vector<Variable>& variables) {
  if (args_.name.empty()) {
    args_.name = auto_name(class_name());
    for (const Variable& v : BaseOptimizer::variables()) v.set_path(args_.name + "/" + v.name());
  }
  for (const Variable& v : variables)
    if (!states_.count(v.slot().get())) {
      states_.emplace(v.slot().get(), make_state(v));
      known_.push_back(v);  // kept: no other variable may get its address
    }
  trained_ = variables;
  built_ = true;
}

std::vector<Variable> BaseOptimizer::in_order_of_files(const std::vector<Variable>& weights) const {
  std::vector<Variable> out{iterations_};
  if (learning_rate_.exists()) out.push_back(learning_rate_);
  if (args_.use_ema)
    for (const Variable& v : weights) out.push_back(state_of(v).average);
  if (args_.gradient_accumulation_steps)
    for (const Variable& v : weights) out.push_back(state_of(v).accumulator);
  std::size_t first = 0;
  for (const auto& group : slot_names()) {
    for (const Variable& v : weights) {
      const auto begin = state_of(v).slots.begin() + static_cast<std::ptrdiff_t>(first);
      out.insert(out.end(), begin, begin + static_cast<std::ptrdiff_t>(group.size()));
    }
    first += group.size();
  }
  for (const Variable& v : shared_variables()) out.push_back(v);
  return out;
}

const BaseOptimizer::State& BaseOptimizer::state_of(const Variable& variable) const { return states_.at(variable.slot().get()); }

// --- what the host knows about the coming step ---

namespace {

int64_t value_on_host(const Variable& steps) {
  int64_t value;
  std::memcpy(&value, steps.read_bytes(), sizeof(value));
  return value;
}

}  // namespace

int64_t BaseOptimizer::steps_on_host() const { return value_on_host(iterations_); }

BaseOptimizer::Decision BaseOptimizer::decide() const {
  const int64_t accumulation = args_.gradient_accumulation_steps.value_or(1),
                frequency = args_.use_ema ? args_.ema_overwrite_frequency.value_or(0) : 0;
  if (accumulation == 1 && frequency == 0) return {};
  const uint64_t decision = decide_on_host([iterations = iterations_, accumulation, frequency] {
    const int64_t steps = value_on_host(iterations);
    const bool update = (steps + 1) % accumulation == 0, overwrite = frequency && (steps / accumulation + 1) % frequency == 0;
    return uint64_t(update) | uint64_t(overwrite) << 1;
  });
  return {(decision & 1) != 0, (decision & 2) != 0};
}

// --- rates ---

Tensor BaseOptimizer::iterations() const {
  const Tensor steps = iterations_.value();
  return args_.gradient_accumulation_steps ? ops::floor_divide(steps, *args_.gradient_accumulation_steps) : steps;
}
Tensor BaseOptimizer::learning_rate() const {
  return given_rate_.schedule() ? given_rate_.schedule()->call(iterations_.value()) : learning_rate_.value();
}
void BaseOptimizer::set_learning_rate(double learning_rate) {
  if (given_rate_.schedule())
    throw TypeError(
        "This optimizer was created with a `LearningRateSchedule` object as its `learning_rate` constructor argument, hence its "
        "learning "
        "rate is not settable. If you need the learning rate to be settable, create the optimizer with a float `learning_rate`.");
  learning_rate_.assign(learning_rate);
}
Tensor BaseOptimizer::scale_loss(const Tensor& loss) const {
  return args_.loss_scale_factor ? loss * *args_.loss_scale_factor : loss;
}

// --- the update ---

void BaseOptimizer::apply(const std::vector<Tensor>& all_grads, const std::vector<Variable>& all_variables) {
  if (all_grads.size() != all_variables.size())
    throw error<ValueError>("`apply` needs one gradient a variable. Received: {} gradients, {} variables", all_grads.size(),
                            all_variables.size());
  build(all_variables);
  std::vector<Tensor> grads;
  std::vector<Variable> variables;
  for (std::size_t i = 0; i < all_grads.size(); ++i) {
    if (!all_grads[i].exists()) continue;
    grads.push_back(args_.loss_scale_factor ? all_grads[i] / *args_.loss_scale_factor : all_grads[i]);
    variables.push_back(all_variables[i]);
  }
  if (variables.empty()) throw ValueError("No gradients provided for any variable: the loss does not depend on the weights.");

  const auto [update, overwrite] = decide();
  if (args_.gradient_accumulation_steps) grads = accumulate(grads, variables, update);
  if (update) {
    grads = clipped(grads);
    const Tensor rate = learning_rate();
    for (const Variable& v : variables) decay(v);
    begin_update();
    for (std::size_t i = 0; i < variables.size(); ++i) {
      const DType dtype = variables[i].dtype();
      update_step(ops::cast(grads[i], dtype), variables[i], state_of(variables[i]).slots, ops::cast(rate, dtype));
    }
  }
  if (args_.use_ema) update_averages(all_variables);
  if (overwrite)
    for (const Variable& v : all_variables) v.assign(state_of(v).average.value());
  for (const Variable& v : variables)
    if (v.constraint()) v.assign(v.constraint()(v.value()));
  iterations_.assign_add(1);
}

std::vector<Tensor> BaseOptimizer::accumulate(const std::vector<Tensor>& grads, const std::vector<Variable>& variables,
                                              bool update) {
  std::vector<Tensor> out;
  for (std::size_t i = 0; i < grads.size(); ++i) {
    const Variable& accumulator = state_of(variables[i]).accumulator;
    const Tensor sum = grads[i] + accumulator.value();
    out.push_back(update ? sum / double(*args_.gradient_accumulation_steps) : grads[i]);
    accumulator.assign(update ? ops::zeros_like(sum) : sum);
  }
  return out;
}

std::vector<Tensor> BaseOptimizer::clipped(const std::vector<Tensor>& grads) const {
  auto out = grads;
  if (args_.clipnorm && *args_.clipnorm > 0)
    for (Tensor& g : out) g = clip_by_norm(g, *args_.clipnorm);
  else if (args_.global_clipnorm && *args_.global_clipnorm > 0) out = clip_by_global_norm(out, *args_.global_clipnorm);
  else if (args_.clipvalue && *args_.clipvalue > 0)
    for (Tensor& g : out) g = ops::clip(g, -*args_.clipvalue, *args_.clipvalue);
  return out;
}

bool BaseOptimizer::is_decayed(const Variable& variable) const {
  if (std::find(excluded_.begin(), excluded_.end(), variable) != excluded_.end()) return false;
  return std::none_of(excluded_names_.begin(), excluded_names_.end(),
                      [&](const std::string& name) { return std::regex_search(variable.name(), std::regex(name)); });
}
void BaseOptimizer::decay(const Variable& variable) const {
  if (!args_.weight_decay || !is_decayed(variable)) return;
  const Tensor w = variable.value();
  variable.assign(w - w * *args_.weight_decay * ops::cast(learning_rate(), variable.dtype()));
}
void BaseOptimizer::exclude_from_weight_decay(const std::vector<Variable>& variables, const std::vector<std::string>& names) {
  if (built_) throw ValueError("`exclude_from_weight_decay()` can only be configured before the optimizer is built.");
  excluded_ = variables;
  for (const std::string& name : names) regular_expression(name, "var_names");  // says now what is none
  excluded_names_ = names;
}

void BaseOptimizer::update_averages(const std::vector<Variable>& variables) {
  // The first update takes the weights as they are.
  for (const Variable& v : variables) {
    const Tensor momentum = ops::cast(ops::not_equal(iterations(), 0), v.dtype()) * args_.ema_momentum;
    const Variable& average = state_of(v).average;
    average.assign(momentum * average.value() + (1.0 - momentum) * v.value());
  }
}

std::vector<std::pair<Variable, Variable>> BaseOptimizer::averages() const {
  std::vector<std::pair<Variable, Variable>> out;
  if (args_.use_ema)
    for (const Variable& v : trained_) out.emplace_back(v, state_of(v).average);
  return out;
}

void BaseOptimizer::finalize_variable_values(const std::vector<Variable>& variables) {
  if (!args_.use_ema) return;
  for (const Variable& v : variables)
    if (auto found = states_.find(v.slot().get()); found != states_.end() && found->second.average.exists())
      v.assign(found->second.average.value());
}

Json BaseOptimizer::get_config() const {
  Json rate;
  if (given_rate_.schedule()) rate = serialize(*given_rate_.schedule());
  else rate = learning_rate_.value().item<double>();
  // The order of files, which is not quite the arguments'.
  Json config{{"name", args_.name.empty() ? to_snake_case(class_name()) : args_.name},
              {"learning_rate", rate},
              {"weight_decay", nullptr},
              {"clipnorm", nullptr},
              {"global_clipnorm", nullptr}};
  const Json fields = saving::to_json(args_);
  for (const auto& [key, value] : fields.items())
    if (key != "name") config[key] = value;
  return config;
}

}  // namespace cornu::keras::optimizers
