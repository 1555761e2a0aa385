#include "cornu/keras/layers/reshaping/reshape.h"

#include <algorithm>

#include "cornu/keras/layers/config.h"
#include "cornu/keras/layers/input_rank.h"
#include "cornu/keras/ops/numpy.h"

namespace cornu::keras::layers {

ReshapeImpl::ReshapeImpl(std::vector<int64_t> target_shape, ReshapeArgs args)
    : LayerImpl(base_args(args)), target_shape_(std::move(target_shape)) {
  build_from({});  // no weights: built from the start, as in Keras
}

Tensor ReshapeImpl::call(const Tensor& x, const CallContext&) {
  expect_min_rank(*this, x.shape(), 1);
  Shape target{x.shape()[0]};
  for (int64_t dim : target_shape_) target.push_back(dim);
  // A dim of -1 is what the others leave of an example; the batch stays.
  if (const auto free = std::find(target_shape_.begin(), target_shape_.end(), -1); free != target_shape_.end()) {
    int64_t features = 1, rest = 1;
    for (int axis = 1; axis < x.rank(); ++axis) features = multiply_dims(features, x.shape()[axis]);
    for (int64_t dim : target_shape_) rest = multiply_dims(rest, dim == -1 ? 1 : dim);
    if (features != Shape::kUnknown) {
      if (rest == 0 || features % rest != 0)
        throw error<ValueError>("The total size of the tensor must be unchanged. Received: input_shape={}, target_shape=({})",
                                to_string(x.shape()), fmt::join(target_shape_, ", "));
      target[1 + static_cast<int>(free - target_shape_.begin())] = features / rest;
    }
  }
  return ops::reshape(x, target);
}

void ReshapeImpl::write_config(LayerConfig& config) const { config.add("target_shape", target_shape_); }

Handle<ReshapeImpl> Reshape(std::vector<int64_t> target_shape, ReshapeArgs args) {
  return make<ReshapeImpl>(std::move(target_shape), std::move(args));
}

}  // namespace cornu::keras::layers
