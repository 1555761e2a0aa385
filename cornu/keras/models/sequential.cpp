#include "cornu/keras/models/sequential.h"

#include <nlohmann/json.hpp>

#include "cornu/base/python_names.h"
#include "cornu/ir/node.h"
#include "cornu/keras/layers/core/input_layer.h"
#include "cornu/keras/saving/json_fields.h"
#include "cornu/keras/saving/serialization.h"

namespace cornu::keras {
namespace {

Shape batched(const std::vector<int64_t>& dims) {
  Shape out{Shape::kUnknown};
  for (int64_t dim : dims) out.push_back(dim);
  return out;
}

}  // namespace

PYTHON_NAMES("keras.Sequential");
SequentialImpl::SequentialImpl(std::vector<Layer> layers, SequentialArgs args)
    : ModelImpl({.name = std::move(args.name), .trainable = args.trainable}) {
  finish_construction();
  for (Layer& layer : layers) add(std::move(layer));
}

void SequentialImpl::add(Layer layer) {
  layer.impl()->finish_construction();
  for (const Layer& other : layers_)
    if (other.name() == layer.name())
      throw error<ValueError>(
          "All layers added to a Sequential model should have unique names. Name '{}' is already the name of a layer in this "
          "model. "
          "Update the `name` argument to pass a unique name.",
          layer.name());
  if (layers_.empty() && !layer.as<layers::InputLayerImpl>()) {
    // `input_shape` of the first layer stands for an Input before it.
    if (const auto& shape = layer.impl()->input_shape_argument(); !shape.empty())
      layers_.push_back(make<layers::InputLayerImpl>(batched(shape), "", ""));
  }
  if (!layers_.empty() && layer.as<layers::InputLayerImpl>())
    throw error<ValueError>(
        "Sequential model '{}' has already been configured to use input shape. You cannot add a different Input layer to it.",
        name());
  layers_.push_back(std::move(layer));
  functional_ = nullptr;
  try_build();
}

void SequentialImpl::pop() {
  if (layers_.empty()) throw ValueError("There are no layers in the model.");
  layers_.pop_back();
  functional_ = nullptr;
  try_build();
}

void SequentialImpl::try_build() {
  if (layers_.empty()) return;
  if (auto* input = layers_[0].as<layers::InputLayerImpl>()) {
    if (layers_.size() < 2 && !built()) return;
    reset_built();
    build_from(Nest<Shape>(input->output().shape()));
    return;
  }
  // A built model at the front tells the shape as well.
  if (auto* model = layers_[0].as<SequentialImpl>(); model && model->functional()) {
    reset_built();
    build_from(Nest<Shape>(model->functional()->inputs().flatten()[0].shape()));
  }
}

void SequentialImpl::build(const Nest<Shape>& input_shapes) {
  if (layers_.empty())
    throw error<ValueError>("Sequential model {} cannot be built because it has no layers. Call `model.add(layer)`.", name());
  if (!input_shapes.is_leaf()) throw error<ValueError>("Sequential model '{}' takes one input.", name());
  auto all = layers_;
  if (!all[0].as<layers::InputLayerImpl>()) {
    Shape shape = input_shapes.leaf();
    shape[0] = Shape::kUnknown;
    all.insert(all.begin(), make<layers::InputLayerImpl>(shape, std::string(all[0].compute_dtype().name()), ""));
  }
  Tensor x = all[0].as<layers::InputLayerImpl>()->output();
  const Tensor input = x;
  for (std::size_t i = 1; i < all.size(); ++i) x = all[i](x);
  functional_ = make<FunctionalImpl>(TensorNest(input), TensorNest(x), ModelArgs{.name = name()}).impl();
  layers_ = std::move(all);  // once every layer took what the one before it gives
}

std::optional<DType> SequentialImpl::input_dtype() const {
  const auto* input = layers_.empty() ? nullptr : layers_[0].as<layers::InputLayerImpl>();
  return input ? input->spec().dtype : ModelImpl::input_dtype();
}

TensorNest SequentialImpl::call(const Arguments& arguments, const CallContext& context) {
  return functional_->call(arguments, context);
}

std::vector<Layer> SequentialImpl::layers() const {
  auto out = layers_;
  if (!out.empty() && out[0].as<layers::InputLayerImpl>()) out.erase(out.begin());
  return out;
}

std::vector<Trackable::Child> SequentialImpl::children() const {
  Child list{"layers", {}, true};
  for (const Layer& layer : layers()) list.items.push_back(layer.impl());
  auto out = LayerImpl::children();
  out.insert(out.begin(), std::move(list));
  return out;
}

Json SequentialImpl::get_config() const {
  Json config = LayerImpl::get_config();
  config["layers"] = Json::array();
  for (const Layer& layer : layers_) config["layers"].push_back(serialize(*layer.impl()));
  if (built() && build_shape() && build_shape()->is_leaf()) config["build_input_shape"] = json_of(build_shape()->leaf());
  return config;
}

Handle<SequentialImpl, Model> Sequential(std::vector<Layer> layers, SequentialArgs args) {
  return make<SequentialImpl>(std::move(layers), std::move(args));
}

}  // namespace cornu::keras
