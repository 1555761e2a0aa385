#include "cornu/keras/layers/core/input_layer.h"

#include <nlohmann/json.hpp>

#include "cornu/base/python_names.h"
#include "cornu/ir/node.h"
#include "cornu/keras/saving/json_fields.h"

namespace cornu::keras {
namespace layers {

InputLayerImpl::InputLayerImpl(Shape batch_shape, std::string dtype, std::string name)
    : LayerImpl({.name = std::move(name), .dtype = dtype}),
      spec_(std::make_shared<const ir::Spec>(
          ir::Spec{dtype.empty() ? config::floatx() : dtype_from_name(dtype), std::move(batch_shape)})) {
  build_from({});  // built from the start, as in Keras
}

Json InputLayerImpl::get_config() const {
  return Json{{"batch_shape", json_of(spec_->shape)},
              {"dtype", std::string(spec_->dtype.name())},
              {"sparse", false},
              {"ragged", false},
              {"name", name()},
              {"optional", false}};
}

Tensor InputLayerImpl::output() {
  // The tensor holds this layer, so the layer must not hold the tensor.
  return symbolic_input(shared_from_this(), *spec_, name());
}

}  // namespace layers

PYTHON_NAMES("keras.Input");
Tensor Input(const Shape& shape, InputArgs args) {
  Shape batch_shape{args.batch_size};
  for (int64_t dim : shape) batch_shape.push_back(dim);
  return make<layers::InputLayerImpl>(batch_shape, args.dtype, args.name)->output();
}

}  // namespace cornu::keras
