#include "cornu/keras/layers/reshaping/zero_padding.h"

#include "cornu/keras/layers/config.h"
#include "cornu/keras/layers/data_format.h"
#include "cornu/keras/layers/input_rank.h"
#include "cornu/ops/pad/pad.h"

namespace cornu::keras::layers {

ZeroPaddingImpl::ZeroPaddingImpl(int spatial_axes, ZeroPaddingArgs args)
    : LayerImpl(base_args(args)), padding_(args.padding.of_axes(spatial_axes, "padding")), args_(std::move(args)) {
  args_.padding = Margins::from_pairs(padding_);
  args_.data_format = data_format_name(args_.data_format);
}

Tensor ZeroPaddingImpl::call(const Tensor& x, const CallContext&) {
  expect_rank(*this, x.shape(), int(padding_.size()) + 2);
  std::vector<int64_t> before(x.rank()), after(x.rank());
  for (std::size_t i = 0; i < padding_.size(); ++i) {
    const std::size_t axis = i + (is_channels_first(args_.data_format) ? 2 : 1);
    std::tie(before[axis], after[axis]) = padding_[i];
  }
  return Tensor(cornu::ops::pad(x.value(), before, after));
}

void ZeroPaddingImpl::write_config(LayerConfig& config) const { config.add(args_); }

#define CORNU_PADDING(Class) \
  Handle<Class##Impl> Class(ZeroPaddingArgs args) { return make<Class##Impl>(std::move(args)); }
CORNU_PADDING(ZeroPadding1D)
CORNU_PADDING(ZeroPadding2D)
CORNU_PADDING(ZeroPadding3D)
#undef CORNU_PADDING

}  // namespace cornu::keras::layers
