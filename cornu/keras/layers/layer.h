#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cornu/keras/constraints/constraint.h"
#include "cornu/keras/dtype_policy.h"
#include "cornu/keras/initializers/initializer.h"
#include "cornu/keras/ops/operation.h"
#include "cornu/keras/regularizers/regularizer.h"
#include "cornu/keras/trackable.h"

namespace cornu::keras {

class Layer;
class LayerConfig;

// How a layer is being called. `training` is the caller's unless it is given.
struct CallContext {
  bool training = false;
};

struct WeightArgs {
  Initializer initializer;  // default: "glorot_uniform" for floats, "zeros" otherwise
  std::string dtype;        // default: the policy's variable dtype
  bool trainable = true;
  bool autocast = true;
  Regularizer regularizer;
  Constraint constraint;
};

// What every layer is made with.
struct LayerBaseArgs {
  std::string name;  // empty: Keras's automatic name, from the class
  bool trainable = true;
  DTypePolicy dtype;
  bool autocast = true;              // are floating inputs and weights given to `call` in the policy's compute dtype?
  std::vector<int64_t> input_shape;  // without the batch: for the first layer of a Sequential, in place of an Input
};

// What stands behind a layer. To write one, derive, make weights in `build` and compute in `call`:
//   class ScaleImpl : public LayerImpl {
//     void build(const Shape& input) override { scale_ = add_weight("scale", {input[-1]}, {.initializer = "ones"}); }
//     Tensor call(const Tensor& x, const CallContext&) override { return x * scale_; }
//     Variable scale_;
//   };
//   auto scale = make<ScaleImpl>();
// A layer knows tensors, variables and ops; no device and no gradient.
class CORNU_API LayerImpl : public Operation, public Trackable {
 public:
  using HandleBase = Layer;
  explicit LayerImpl(LayerBaseArgs args = {})
      : Operation(std::move(args.name)),
        trainable_(args.trainable),
        policy_(std::move(args.dtype)),
        autocast_(args.autocast),
        input_shape_argument_(std::move(args.input_shape)) {}

  // --- to override ---
  std::string class_name() const override;  // default: the C++ class's name without "Impl"
  std::string module_name() const override { return "keras.layers"; }
  virtual void build(const Shape& input_shape);
  virtual void build(const Nest<Shape>& input_shapes);  // default: the form above, of the only input
  virtual Tensor call(const Tensor& input, const CallContext& context);
  virtual TensorNest call(const Arguments& arguments, const CallContext& context);  // default: the form above
  // The mask that goes with the outputs; default: the input's if supports_masking().
  virtual Tensor compute_mask(const Arguments& arguments);
  virtual bool supports_masking() const { return false; }
  virtual bool autocast() const { return autocast_; }
  // What floating inputs of a call become; nothing: they stay.
  virtual std::optional<DType> input_dtype() const { return autocast() ? std::optional(compute_dtype()) : std::nullopt; }
  // The common arguments, and what write_config adds. A class of one's own may override either.
  Json get_config() const override;

  // --- state ---
  bool built() const { return built_; }
  bool trainable() const { return trainable_; }
  void set_trainable(bool trainable);
  const DTypePolicy& dtype_policy() const { return policy_; }  // the one given, which may be a map
  // Of a map, and once the layer has a path, sets what the map has for it. Weights keep their dtype.
  void set_dtype_policy(const DTypePolicy& policy);
  DType compute_dtype() const { return policy_here().compute_dtype(); }
  DType variable_dtype() const { return policy_here().variable_dtype(); }
  // "sequential/dense": the models and layers around this one and itself, as they were when it was built; empty before.
  const std::string& path() const { return path_; }
  // Own first (trainable, then not), then the children's; each once. Keras's orders.
  std::vector<Variable> weights() const;
  std::vector<Variable> trainable_weights() const;
  std::vector<Variable> non_trainable_weights() const;
  std::vector<Variable> variables() const;  // weights and the states of seed generators
  int64_t count_params() const;
  std::vector<Layer> sublayers() const;  // direct children that are layers, in order
  // Penalties of regularized weights.
  std::vector<Tensor> regularization_losses() const;
  // The shape that `build` saw; what build_config in files says.
  const std::optional<Nest<Shape>>& build_shape() const { return build_shape_; }
  void build_from(const Nest<Shape>& input_shapes);
  // The shapes that a call on inputs of these shapes gives; builds the layer first.
  Nest<Shape> compute_output_shape(const Nest<Shape>& input_shapes);
  const std::vector<int64_t>& input_shape_argument() const { return input_shape_argument_; }

  std::string trackable_name() const override { return to_snake_case(class_name()); }
  std::vector<Variable> own_variables() const override;
  // The auto name of this object is fixed on first use, so that it counts in order of creation: called by make().
  void finish_construction();

 protected:
  // Adds the layer's own arguments (layers/config.h).
  virtual void write_config(LayerConfig&) const {}
  Variable add_weight(const std::string& name, Shape shape, WeightArgs args = {});
  // Registers a child under the name that Keras's attribute has. Returns it.
  template <class L>
  L track(std::string attribute, L child) {
    track_child(std::move(attribute), child.impl());
    return child;
  }
  // The next call builds again (a Sequential that grew).
  void reset_built() { built_ = false; }
  // A penalty on each output of a call, averaged over the batch.
  void set_activity_regularizer(Regularizer regularizer) { activity_regularizer_ = std::move(regularizer); }
  // A penalty for this call, added to the model's loss.
  void add_loss(const Tensor& loss);

  TensorNest compute(const Arguments& arguments) override;
  void prepare(const Arguments& arguments) override;

 private:
  void enter_autocast(std::optional<AutocastScope>& scope) const;
  void set_policy_here();
  const DTypePolicy& policy_here() const { return of_path_ ? *of_path_ : policy_; }
  bool trainable_, built_ = false;
  DTypePolicy policy_;
  std::optional<DTypePolicy> of_path_;  // of a map, once there is a path
  bool autocast_;
  std::string path_;
  std::vector<int64_t> input_shape_argument_;
  Regularizer activity_regularizer_;
  std::optional<Nest<Shape>> build_shape_;
  std::vector<Variable> trainable_variables_, non_trainable_variables_;
};

// The handle of any layer: cheap to copy, shared. Calling it on tensors computes; calling it on an `Input` describes a node.
class CORNU_API Layer {
 public:
  Layer() = default;
  Layer(std::shared_ptr<LayerImpl> impl) : impl_(std::move(impl)) {}
  const std::shared_ptr<LayerImpl>& impl() const { return impl_; }
  explicit operator bool() const { return impl_ != nullptr; }
  template <class L>
  L* as() const {  // null when it is another kind of layer
    return dynamic_cast<L*>(impl_.get());
  }

  // `training` is the surrounding call's, or false, unless it is given.
  Tensor operator()(const Tensor& input, std::optional<bool> training = {}) const;
  TensorNest operator()(const TensorNest& inputs, std::optional<bool> training = {}) const;
  TensorNest operator()(Arguments arguments, std::optional<bool> training = {}) const;

  const std::string& name() const { return impl_->name(); }
  void build(const Shape& input_shape) const { impl_->build_from(Nest<Shape>(input_shape)); }
  bool built() const { return impl_->built(); }
  // The shape of the output for an input of this shape, in which dims may be unknown (None).
  Shape compute_output_shape(const Shape& input_shape) const {
    return impl_->compute_output_shape(Nest<Shape>(input_shape)).leaf();
  }
  Nest<Shape> compute_output_shape(const Nest<Shape>& input_shapes) const { return impl_->compute_output_shape(input_shapes); }
  bool trainable() const { return impl_->trainable(); }
  void set_trainable(bool trainable) const { impl_->set_trainable(trainable); }
  std::vector<Variable> weights() const { return impl_->weights(); }
  std::vector<Variable> trainable_weights() const { return impl_->trainable_weights(); }
  std::vector<Variable> non_trainable_weights() const { return impl_->non_trainable_weights(); }
  std::vector<Variable> variables() const { return impl_->variables(); }
  const DTypePolicy& dtype_policy() const { return impl_->dtype_policy(); }
  void set_dtype_policy(const DTypePolicy& policy) const { impl_->set_dtype_policy(policy); }
  DType compute_dtype() const { return impl_->compute_dtype(); }
  DType variable_dtype() const { return impl_->variable_dtype(); }
  std::vector<Tensor> get_weights() const;
  // ValueError when count or shapes differ.
  void set_weights(const std::vector<Tensor>& weights) const;
  int64_t count_params() const { return impl_->count_params(); }
  Json get_config() const;
  friend bool operator==(const Layer& a, const Layer& b) { return a.impl_ == b.impl_; }

 protected:
  std::shared_ptr<LayerImpl> impl_;
};

// The handle of a layer of known class: Keras's verbs by `.`, members of your own by `->`.
template <class Impl, class Base = Layer>
class Handle : public Base {
 public:
  Handle() = default;
  explicit Handle(std::shared_ptr<Impl> impl) : Base(std::move(impl)) {}
  Impl* operator->() const { return static_cast<Impl*>(this->impl_.get()); }
  Impl& operator*() const { return *operator->(); }
  std::shared_ptr<Impl> impl() const { return std::static_pointer_cast<Impl>(this->impl_); }
};

// Which untyped handle a class's own derives from; models say Model.
template <class Impl>
struct HandleOf {
  using type = Handle<Impl, typename Impl::HandleBase>;
};
template <class Impl, class... Args>
auto make(Args&&... args) {
  auto impl = std::make_shared<Impl>(std::forward<Args>(args)...);
  impl->finish_construction();
  return typename HandleOf<Impl>::type(std::move(impl));
}

// The arguments that every layer takes, at the end of its struct of arguments.
#define KERAS_LAYER_ARGS             \
  std::string name;                  \
  bool trainable = true;             \
  ::cornu::keras::DTypePolicy dtype; \
  bool autocast = true;              \
  std::vector<int64_t> input_shape

template <class Args>
LayerBaseArgs base_args(const Args& args) {
  return {args.name, args.trainable, args.dtype, args.autocast, args.input_shape};
}

}  // namespace cornu::keras
