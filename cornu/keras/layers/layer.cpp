#include "cornu/keras/layers/layer.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>
#include <typeinfo>

#include "cornu/base/python_names.h"
#include "cornu/ir/node.h"
#include "cornu/keras/layers/call_scope.h"
#include "cornu/keras/layers/config.h"
#include "cornu/keras/saving/registration.h"
#include "cornu/trace.h"

namespace cornu::keras {
namespace {

void add_unique(std::vector<Variable>& to, const std::vector<Variable>& from) {
  for (const Variable& v : from)
    if (std::find(to.begin(), to.end(), v) == to.end()) to.push_back(v);
}

Nest<Shape> shapes_of(const TensorNest& inputs) {
  return inputs.map([](const Tensor& t) { return t.shape(); });
}

}  // namespace

// --- to override ---

PYTHON_NAMES("keras.Layer");
std::string LayerImpl::class_name() const { return saving::class_name(typeid(*this)); }

void LayerImpl::build(const Shape&) {}
void LayerImpl::build(const Nest<Shape>& input_shapes) {
  if (input_shapes.count() == 1) build(input_shapes.flatten()[0]);  // also of a list of one, as `call` takes it
}

Tensor LayerImpl::call(const Tensor&, const CallContext&) {
  throw error<NotImplementedError>("Layer {} does not have a `call()` method implemented.", class_name());
}
TensorNest LayerImpl::call(const Arguments& arguments, const CallContext& context) {
  const TensorNest& input = arguments.first();
  if (input.is_leaf()) return TensorNest(call(input.leaf(), context));
  const auto leaves = input.flatten();
  if (leaves.size() == 1) return TensorNest(call(leaves[0], context));
  throw error<ValueError>("Layer '{}' takes one tensor. Received: {} tensors", name(), leaves.size());
}
Tensor LayerImpl::compute_mask(const Arguments& arguments) {
  const auto leaves = arguments.first().flatten();
  return supports_masking() && !leaves.empty() ? leaves[0].mask() : Tensor();
}

Json LayerImpl::get_config() const {
  Json config{{"name", name()}, {"trainable", trainable_}, {"dtype", json_of(policy_)}};
  if (activity_regularizer_) config["activity_regularizer"] = json_of(activity_regularizer_);
  LayerConfig writer(config);
  write_config(writer);
  return config;
}

// --- building ---

void LayerImpl::finish_construction() {
  if (name().empty()) set_name(auto_name(class_name()));
}

void LayerImpl::build_from(const Nest<Shape>& input_shapes) {
  if (built_) return;
  const OutsideTrace outside;  // weights exist before the step that first needs them
  const NameScope scope(name());
  const auto trainable = trainable_variables_.size(), non_trainable = non_trainable_variables_.size(),
             children = children_.size();
  built_ = true;
  build_shape_ = input_shapes;
  path_ = NameScope::path();
  set_policy_here();
  try {
    build(input_shapes);
  } catch (...) {
    // As if it had not been tried: the next call builds again.
    built_ = false;
    build_shape_.reset();
    trainable_variables_.resize(trainable);
    non_trainable_variables_.resize(non_trainable);
    children_.resize(children);
    throw;
  }
}

Nest<Shape> LayerImpl::compute_output_shape(const Nest<Shape>& input_shapes) {
  const Arguments arguments(input_shapes.map([&](const Shape& shape) {
    return Tensor(std::make_shared<const SymbolicTensor>(), ir::Spec{compute_dtype(), shape});
  }));
  prepare(arguments);
  return shapes_of(specs_of(arguments));
}

void LayerImpl::prepare(const Arguments& arguments) {
  finish_construction();
  if (built_) return;
  const NameScope scope(name());
  build_from(arguments.positional.empty() ? Nest<Shape>() : shapes_of(arguments.first()));
}

Variable LayerImpl::add_weight(const std::string& name, Shape shape, WeightArgs args) {
  if (!shape.is_known())
    throw error<ValueError>(
        "The weight '{}' of layer '{}' needs a shape without None. Received: shape={}. Give the input's last dimension, "
        "for instance with `Input(shape)`.",
        name, this->name(), to_string(shape));
  const DType dtype = args.dtype.empty() ? variable_dtype() : dtype_from_name(args.dtype);
  const OutsideTrace outside;
  const Initializer initializer =
      args.initializer ? args.initializer : Initializer(dtype.is_floating() ? "glorot_uniform" : "zeros");
  const VariableArgs described{.name = name, .trainable = args.trainable && trainable_, .autocast = args.autocast};
  const Variable variable = [&] {
    try {
      return WithoutInitialValues::active() ? Variable(dtype, shape, described) : Variable(initializer(shape, dtype), described);
    } catch (const ResourceExhaustedError& e) {
      throw error<ResourceExhaustedError>("The weight '{}' of layer '{}' has shape {}. {}", name, this->name(), to_string(shape),
                                          e.what());
    }
  }();
  variable.set_path(NameScope::path(name));
  if (args.regularizer) variable.set_regularizer([r = args.regularizer](const Tensor& x) { return r(x); });
  if (args.constraint) variable.set_constraint([c = args.constraint](const Tensor& w) { return c(w); });
  (args.trainable ? trainable_variables_ : non_trainable_variables_).push_back(variable);
  return variable;
}

// --- calling ---

// Weights of a layer that mixes dtypes are read in its compute dtype, and so are those of the layers in it that do not differ.
void LayerImpl::enter_autocast(std::optional<AutocastScope>& scope) const {
  const DType compute = compute_dtype();
  const auto* outer = AutocastScope::innermost();
  if (!outer && compute != variable_dtype()) scope.emplace(compute);
  if (outer && (!autocast() || !compute.is_floating())) scope.emplace(std::nullopt);
  else if (outer && outer->dtype() != compute) scope.emplace(compute);
}

TensorNest LayerImpl::compute(const Arguments& arguments) {
  const NameScope scope(name());
  Arguments converted = arguments;
  if (const auto dtype = input_dtype()) {
    std::vector<Tensor> inputs = arguments.tensors();
    for (Tensor& t : inputs)
      if (!t.is_number() && t.dtype().is_floating()) t = cast_to(t, *dtype);
    converted = arguments.with(inputs);
  }
  std::optional<AutocastScope> scope_of_weights;
  enter_autocast(scope_of_weights);
  try {
    TensorNest out = call(converted, CallContext{CallScope::training()});
    if (activity_regularizer_)
      out.visit([&](const Tensor& t) {
        const auto batch = static_cast<double>(t.rank() ? t.shape()[0] : 1);
        add_loss(activity_regularizer_(t) / batch);
      });
    if (Tensor mask = compute_mask(arguments); mask.exists()) out = out.map([&](const Tensor& t) { return t.with_mask(mask); });
    return out;
  } catch (const ValueError& e) {
    throw ValueError(CallScope::explained(e.what(), *this, arguments));
  } catch (const TypeError& e) {
    throw TypeError(CallScope::explained(e.what(), *this, arguments));
  }
}

void LayerImpl::add_loss(const Tensor& loss) { CallScope::add_loss(loss); }

// --- state ---

void LayerImpl::set_policy_here() {
  const DTypePolicy here = policy_.of(path_);
  of_path_ = here == policy_ ? std::nullopt : std::optional(here);
}

void LayerImpl::set_dtype_policy(const DTypePolicy& policy) {
  if (of_path_) policy_.set_of(path_, policy);
  else policy_ = policy;
  if (built_) set_policy_here();
}

void LayerImpl::set_trainable(bool trainable) {
  trainable_ = trainable;
  for (const Variable& v : trainable_variables_) v.set_trainable(trainable);
  for (const Layer& layer : sublayers()) layer.set_trainable(trainable);
}

std::vector<Variable> LayerImpl::own_variables() const {
  auto out = trainable_variables_;
  out.insert(out.end(), non_trainable_variables_.begin(), non_trainable_variables_.end());
  return out;
}

std::vector<Layer> LayerImpl::sublayers() const {
  std::vector<Layer> out;
  for (const Child& child : children())
    for (const auto& item : child.items)
      if (auto layer = std::dynamic_pointer_cast<LayerImpl>(item)) out.emplace_back(std::move(layer));
  return out;
}

std::vector<Variable> LayerImpl::weights() const {
  std::vector<Variable> out;
  add_unique(out, own_variables());
  for (const Layer& layer : sublayers()) add_unique(out, layer.weights());
  return out;
}
std::vector<Variable> LayerImpl::trainable_weights() const {
  auto out = trainable_ ? weights() : std::vector<Variable>();
  std::erase_if(out, [](const Variable& v) { return !v.trainable(); });
  return out;
}
std::vector<Variable> LayerImpl::non_trainable_weights() const {
  auto out = weights();
  if (trainable_) std::erase_if(out, [](const Variable& v) { return v.trainable(); });
  return out;
}
std::vector<Variable> LayerImpl::variables() const {
  std::vector<Variable> out;
  add_unique(out, own_variables());
  for (const Child& child : children())
    for (const auto& item : child.items) {
      if (auto* layer = dynamic_cast<const LayerImpl*>(item.get())) add_unique(out, layer->variables());
      else add_unique(out, item->own_variables());
    }
  return out;
}

int64_t LayerImpl::count_params() const {
  int64_t count = 0;
  for (const Variable& v : weights()) count += v.size();
  return count;
}

std::vector<Tensor> LayerImpl::regularization_losses() const {
  std::vector<Tensor> out;
  for (const Variable& v : trainable_weights())
    if (v.regularizer()) out.push_back(v.regularizer()(v.value()));
  return out;
}

// --- the handle ---

Tensor Layer::operator()(const Tensor& input, std::optional<bool> training) const {
  return (*this)(TensorNest(input), training).leaf();
}
TensorNest Layer::operator()(const TensorNest& inputs, std::optional<bool> training) const {
  return (*this)(Arguments(inputs), training);
}
TensorNest Layer::operator()(Arguments arguments, std::optional<bool> training) const {
  if (training) arguments.settings.emplace_back("training", *training);
  const CallScope scope(training);
  return impl_->apply(arguments);
}

std::vector<Tensor> Layer::get_weights() const {
  std::vector<Tensor> out;
  for (const Variable& v : weights()) out.push_back(v.value());
  return out;
}
void Layer::set_weights(const std::vector<Tensor>& weights) const {
  const auto variables = this->weights();
  if (weights.size() != variables.size())
    throw error<ValueError>(
        "You called `set_weights(weights)` on layer '{}' with a weight list of length {}, but the layer was expecting {} "
        "weights.",
        name(), weights.size(), variables.size());
  for (std::size_t i = 0; i < weights.size(); ++i)
    if (weights[i].shape() != variables[i].shape())
      throw error<ValueError>("Layer {} weight shape {} is not compatible with provided weight shape {}.", name(),
                              to_string(variables[i].shape()), to_string(weights[i].shape()));
  for (std::size_t i = 0; i < weights.size(); ++i) variables[i].assign(weights[i]);
}
Json Layer::get_config() const { return impl_->get_config(); }

}  // namespace cornu::keras
