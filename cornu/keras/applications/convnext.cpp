#include "cornu/keras/applications/convnext.h"

#include "cornu/keras/initializers/initializers.h"
#include "cornu/keras/layers/config.h"
#include "cornu/keras/ops/numpy.h"
#include "cornu/keras/random/random.h"

namespace cornu::keras::layers {
namespace {

constexpr const char* kModule = "keras.src.applications.convnext";

}  // namespace

std::string LayerScaleImpl::module_name() const { return kModule; }

void LayerScaleImpl::build(const Shape&) {
  gamma_ = add_weight("variable", {projection_dim_}, {.initializer = initializers::Constant({init_values_})});
}

Tensor LayerScaleImpl::call(const Tensor& x, const CallContext&) { return x * gamma_.value(); }

void LayerScaleImpl::write_config(LayerConfig& config) const {
  config.add("init_values", init_values_).add("projection_dim", projection_dim_);
}

Handle<LayerScaleImpl> LayerScale(double init_values, int64_t projection_dim, LayerScaleArgs args) {
  return make<LayerScaleImpl>(init_values, projection_dim, args);
}

StochasticDepthImpl::StochasticDepthImpl(double drop_path_rate, const StochasticDepthArgs& args)
    : LayerImpl(base_args(args)), drop_path_rate_(drop_path_rate) {
  if (!(drop_path_rate >= 0 && drop_path_rate < 1))
    throw error<ValueError>("`drop_path_rate` must be within [0, 1). Received: drop_path_rate={}", drop_path_rate);
}

std::string StochasticDepthImpl::module_name() const { return kModule; }

Tensor StochasticDepthImpl::call(const Tensor& x, const CallContext& context) {
  if (!context.training) return x;
  random::NoiseShape shape(x.rank(), 1);
  shape[0] = {};
  return random::dropout(x, drop_path_rate_, shape);
}

void StochasticDepthImpl::write_config(LayerConfig& config) const { config.add("drop_path_rate", drop_path_rate_); }

Handle<StochasticDepthImpl> StochasticDepth(double drop_path_rate, StochasticDepthArgs args) {
  return make<StochasticDepthImpl>(drop_path_rate, args);
}

}  // namespace cornu::keras::layers
