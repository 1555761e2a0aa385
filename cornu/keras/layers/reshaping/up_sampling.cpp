#include "cornu/keras/layers/reshaping/up_sampling.h"

#include <algorithm>

#include "cornu/keras/layers/config.h"
#include "cornu/keras/layers/data_format.h"
#include "cornu/keras/layers/input_rank.h"
#include "cornu/keras/ops/core.h"
#include "cornu/keras/ops/numpy.h"
#include "cornu/ops/pad/pad.h"

namespace cornu::keras::layers {
namespace {

Tensor nearest(const Tensor& x, int axis, int64_t factor) { return ops::repeat(x, factor, axis); }

// Each element becomes `factor` of them, the i-th at (i + 1/2) / factor - 1/2 from it: on the line to one of its neighbours. Beyond
// the ends lies the last element again.
Tensor bilinear(const Tensor& given, int axis, int64_t factor) {
  if (!given.dtype().is_floating())  // between whole numbers lie others
    return ops::cast(ops::round(bilinear(ops::cast(given, float32), axis, factor)), given.dtype());
  const Tensor& x = given;
  std::vector<double> to_last(factor), to_next(factor);
  for (int64_t i = 0; i < factor; ++i) {
    const double place = (double(i) + 0.5) / double(factor) - 0.5;
    to_last[i] = std::max(0.0, -place);
    to_next[i] = std::max(0.0, place);
  }
  Shape beside(std::vector<int64_t>(x.rank() + 1, 1)), shape = x.shape();
  beside[axis + 1] = factor;
  shape[axis] = multiply_dims(shape[axis], factor);
  auto share = [&](const std::vector<double>& values) { return ops::cast(ops::reshape(Tensor(values), beside), x.dtype()); };

  std::vector<int64_t> none(x.rank()), one(x.rank());
  one[axis] = -1;
  auto end = [&](int64_t at) { return ops::take(x, ops::full({1}, at, int32), axis); };
  auto without_end = [&](const auto& before, const auto& after) { return Tensor(cornu::ops::pad(x.value(), before, after)); };
  auto each = [&](const Tensor& t) { return ops::expand_dims(t, axis + 1); };
  const Tensor here = each(x), last = each(ops::concatenate({end(0), without_end(none, one)}, axis)),
               next = each(ops::concatenate({without_end(one, none), end(-1)}, axis));
  return ops::reshape(here + (last - here) * share(to_last) + (next - here) * share(to_next), shape);
}

std::vector<int64_t> factors_of(const IntOrList& size, int spatial_axes) {
  constexpr int64_t kLargest = 1 << 20;
  const auto out = size.repeated(spatial_axes, "size");
  for (int64_t factor : out)
    if (factor <= 0 || factor > kLargest)
      throw error<ValueError>("Argument `size` should be a positive integer, at most {}. Received: size={}", kLargest,
                              to_string(size));
  return out;
}

}  // namespace

UpSamplingImpl::UpSamplingImpl(std::vector<int64_t> factors, bool channels_first, Enlarge enlarge, LayerBaseArgs base)
    : LayerImpl(std::move(base)), factors_(std::move(factors)), channels_first_(channels_first), enlarge_(enlarge) {}

Tensor UpSamplingImpl::call(const Tensor& x, const CallContext&) {
  expect_rank(*this, x.shape(), int(factors_.size()) + 2);
  Tensor out = x;
  for (std::size_t i = 0; i < factors_.size(); ++i) out = enlarge_(out, int(i) + (channels_first_ ? 2 : 1), factors_[i]);
  return out;
}

UpSampling1DImpl::UpSampling1DImpl(UpSampling1DArgs args)
    : UpSamplingImpl(factors_of(args.size, 1), false, nearest, base_args(args)), args_(std::move(args)) {}

UpSampling2DImpl::UpSampling2DImpl(UpSampling2DArgs args)
    : UpSamplingImpl(factors_of(args.size, 2), is_channels_first(args.data_format),
                     args.interpolation == "bilinear" ? bilinear : nearest, base_args(args)),
      args_(std::move(args)) {
  if (args_.interpolation != "nearest" && args_.interpolation != "bilinear")
    throw error<ValueError>("`interpolation` must be one of 'nearest', 'bilinear'. Received: interpolation={}",
                            args_.interpolation);
  args_.size = factors();
  args_.data_format = data_format_name(args_.data_format);
}

UpSampling3DImpl::UpSampling3DImpl(UpSampling3DArgs args)
    : UpSamplingImpl(factors_of(args.size, 3), is_channels_first(args.data_format), nearest, base_args(args)),
      args_(std::move(args)) {
  args_.size = factors();
  args_.data_format = data_format_name(args_.data_format);
}

#define CORNU_UP_SAMPLING(Class)                                                   \
  void Class##Impl::write_config(LayerConfig& config) const { config.add(args_); } \
  Handle<Class##Impl> Class(Class##Args args) { return make<Class##Impl>(std::move(args)); }
CORNU_UP_SAMPLING(UpSampling1D)
CORNU_UP_SAMPLING(UpSampling2D)
CORNU_UP_SAMPLING(UpSampling3D)
#undef CORNU_UP_SAMPLING

}  // namespace cornu::keras::layers
