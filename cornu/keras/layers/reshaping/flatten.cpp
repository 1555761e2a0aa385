#include "cornu/keras/layers/reshaping/flatten.h"

#include "cornu/keras/layers/config.h"
#include "cornu/keras/layers/data_format.h"
#include "cornu/keras/layers/input_rank.h"
#include "cornu/keras/ops/numpy.h"

namespace cornu::keras::layers {

Tensor FlattenImpl::call(const Tensor& x, const CallContext&) {
  expect_min_rank(*this, x.shape(), 1);
  const Tensor in = is_channels_first(args_.data_format) && x.rank() > 2 ? ops::moveaxis(x, 1, -1) : x;
  int64_t features = 1;
  for (int axis = 1; axis < in.rank(); ++axis) features = multiply_dims(features, in.shape()[axis]);
  // One dim may be left to the reshape: the batch, unless the features are unknown.
  return ops::reshape(in, {features == Shape::kUnknown ? in.shape()[0] : -1, features});
}

void FlattenImpl::write_config(LayerConfig& config) const { config.add("data_format", data_format_name(args_.data_format)); }

Handle<FlattenImpl> Flatten(FlattenArgs args) { return make<FlattenImpl>(std::move(args)); }

}  // namespace cornu::keras::layers
