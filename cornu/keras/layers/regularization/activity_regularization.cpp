#include "cornu/keras/layers/regularization/activity_regularization.h"

#include "cornu/keras/layers/config.h"
#include "cornu/keras/regularizers/regularizers.h"

namespace cornu::keras::layers {

ActivityRegularizationImpl::ActivityRegularizationImpl(ActivityRegularizationArgs args)
    : LayerImpl(base_args(args)), args_(std::move(args)) {
  set_activity_regularizer(regularizers::L1L2({.l1 = args_.l1, .l2 = args_.l2}));
  build_from({});  // no weights: built from the start, as in Keras
}

Tensor ActivityRegularizationImpl::call(const Tensor& x, const CallContext&) { return x; }

void ActivityRegularizationImpl::write_config(LayerConfig& config) const {
  config.remove("activity_regularizer");
  config.add(args_);
}

Handle<ActivityRegularizationImpl> ActivityRegularization(ActivityRegularizationArgs args) {
  return make<ActivityRegularizationImpl>(std::move(args));
}

}  // namespace cornu::keras::layers
