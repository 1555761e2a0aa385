#include "cornu/keras/layers/reshaping/cropping.h"

#include "cornu/keras/layers/config.h"
#include "cornu/keras/layers/data_format.h"
#include "cornu/keras/layers/input_rank.h"
#include "cornu/ops/pad/pad.h"

namespace cornu::keras::layers {
namespace {

template <class Args>
bool has_channels_first(const Args& args) {
  if constexpr (requires { args.data_format; }) return is_channels_first(args.data_format);
  else return false;
}

}  // namespace

template <int kSpatialAxes, class Args>
CroppingImpl<kSpatialAxes, Args>::CroppingImpl(Args args)
    : LayerImpl(base_args(args)), cropping_(args.cropping.of_axes(kSpatialAxes, "cropping")), args_(std::move(args)) {
  args_.cropping = Margins::from_pairs(cropping_);
  if constexpr (requires { args_.data_format; }) args_.data_format = data_format_name(args_.data_format);
}

template <int kSpatialAxes, class Args>
Tensor CroppingImpl<kSpatialAxes, Args>::call(const Tensor& x, const CallContext&) {
  expect_rank(*this, x.shape(), kSpatialAxes + 2);
  std::vector<int64_t> before(x.rank()), after(x.rank());
  for (int i = 0; i < kSpatialAxes; ++i) {
    const int axis = i + (has_channels_first(args_) ? 2 : 1);
    const auto [first, last] = cropping_[i];
    if (x.shape()[axis] != Shape::kUnknown && first + last >= x.shape()[axis])
      throw error<ValueError>(
          "Values in `cropping` argument should be smaller than the corresponding spatial dimension of the input. Received: "
          "input_shape={}, cropping=({}, {})",
          to_string(x.shape()), first, last);
    before[axis] = -first, after[axis] = -last;
  }
  return Tensor(cornu::ops::pad(x.value(), before, after));
}

template <int kSpatialAxes, class Args>
void CroppingImpl<kSpatialAxes, Args>::write_config(LayerConfig& config) const {
  config.add(args_);
}

#define CORNU_CROPPING(Class, spatial_axes)               \
  template class CroppingImpl<spatial_axes, Class##Args>; \
  Handle<Class##Impl> Class(Class##Args args) { return make<Class##Impl>(std::move(args)); }
CORNU_CROPPING(Cropping1D, 1)
CORNU_CROPPING(Cropping2D, 2)
CORNU_CROPPING(Cropping3D, 3)
#undef CORNU_CROPPING

}  // namespace cornu::keras::layers
