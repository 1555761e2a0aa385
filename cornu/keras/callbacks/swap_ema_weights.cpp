#include "cornu/keras/callbacks/swap_ema_weights.h"

#include "cornu/keras/models/model.h"

namespace cornu::keras::callbacks {

// Keras 3.15 forgets to swap back after predict.
void SwapEMAWeightsImpl::put(bool averages_in_model) {
  if (averages_in_model == averages_in_model_) return;
  optimizer().build(model().trainable_weights());  // an evaluation may come before any training
  const auto averages = optimizer().averages();
  if (averages.empty())
    throw ValueError("SwapEMAWeights must be used when `use_ema=True` is set on the optimizer. Received: use_ema=False");
  for (const auto& [weight, average] : averages) {
    const Tensor value = weight.value();
    weight.assign(average.value());
    average.assign(value);
  }
  averages_in_model_ = averages_in_model;
}

void SwapEMAWeightsImpl::on_epoch_begin(int) {
  if (args_.swap_on_epoch) put(false);
}

void SwapEMAWeightsImpl::on_epoch_end(int epoch, LogValues&) {
  if (!args_.swap_on_epoch || averages_in_model_) return;
  put(true);
  // `fit` ends by giving each weight its average: after the last epoch that is what the model already has.
  if (epoch == epochs_ - 1)
    for (const auto& [weight, average] : optimizer().averages()) average.assign(weight.value());
}

std::shared_ptr<SwapEMAWeightsImpl> SwapEMAWeights(SwapEMAWeightsArgs args) {
  return std::make_shared<SwapEMAWeightsImpl>(std::move(args));
}

}  // namespace cornu::keras::callbacks
