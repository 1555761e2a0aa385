#include "cornu/keras/layers/core/input_layer.h"

#include <nlohmann/json.hpp>

#include "cornu/ir/node.h"

namespace cornu::keras {
namespace layers {
namespace {

Json dims_json(const Shape& shape) {
  Json out = Json::array();
  for (int64_t dim : shape) out.push_back(dim == Shape::kUnknown ? Json(nullptr) : Json(dim));
  return out;
}

}  // namespace

InputLayerImpl::InputLayerImpl(Shape batch_shape, std::string dtype, std::string name)
    : LayerImpl({.name = std::move(name), .dtype = dtype}),
      spec_(std::make_shared<const ir::Spec>(ir::Spec{dtype.empty() ? config::floatx() : dtype_from_name(dtype), std::move(batch_shape)})) {}

Json InputLayerImpl::get_config() const {
  return Json{{"batch_shape", dims_json(spec_->shape)}, {"dtype", std::string(spec_->dtype.name())}, {"sparse", false}, {"ragged", false}, {"name", name()}};
}

Tensor InputLayerImpl::output() {
  // The tensor holds this layer, so the layer must not hold the tensor.
  return symbolic_input(shared_from_this(), *spec_, name());
}

}  // namespace layers

Tensor Input(const Shape& shape, InputArgs args) {
  Shape batch_shape{args.batch_size};
  for (int64_t dim : shape) batch_shape.push_back(dim);
  return make<layers::InputLayerImpl>(batch_shape, args.dtype, args.name)->output();
}

}  // namespace cornu::keras
