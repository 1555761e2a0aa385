#include "cornu/keras/callbacks/reduce_lr_on_plateau.h"

#include "cornu/base/log.h"
#include "cornu/keras/models/model.h"
#include "cornu/keras/utils/io_utils.h"

namespace cornu::keras::callbacks {

ReduceLROnPlateauImpl::ReduceLROnPlateauImpl(ReduceLROnPlateauArgs args)
    : MonitorCallback(args.monitor, args.mode, {}, args.min_delta), args_(std::move(args)) {
  if (args_.factor >= 1)
    throw error<ValueError>("ReduceLROnPlateau does not support a factor >= 1.0. Received factor={}", args_.factor);
}

void ReduceLROnPlateauImpl::on_train_begin() {
  best_.reset();
  wait_ = cooldown_counter_ = 0;
}

void ReduceLROnPlateauImpl::on_epoch_end(int epoch, LogValues& logs) {
  const double rate = optimizer().learning_rate().item<double>();
  logs.set("learning_rate", rate);
  const std::optional<double> current = this->current(logs);
  if (!current)
    return log::warn_once(
        "Learning rate reduction is conditioned on metric `{}` which is not available. Available metrics are: {}.", monitor(),
        fmt::join(logs.names(), ","));
  if (cooldown_counter_ > 0) {
    --cooldown_counter_;
    wait_ = 0;
  }
  if (is_improvement(*current, best_)) {
    best_ = *current;
    wait_ = 0;
  } else if (cooldown_counter_ == 0 && ++wait_ >= args_.patience && rate > static_cast<float>(args_.min_lr)) {
    reduce(epoch, rate);
  }
}

void ReduceLROnPlateauImpl::reduce(int epoch, double rate) {
  const double reduced = std::max(rate * args_.factor, args_.min_lr);
  optimizer().set_learning_rate(reduced);
  if (args_.verbose > 0)
    print_msg(fmt::format("\nEpoch {}: ReduceLROnPlateau reducing learning rate to {}.", epoch + 1, float_text(reduced)));
  cooldown_counter_ = args_.cooldown;
  wait_ = 0;
}

CallbackState ReduceLROnPlateauImpl::state() const {
  CallbackState out = MonitorCallback::state();
  out.numbers.set("wait", wait_);
  out.numbers.set("cooldown_counter", cooldown_counter_);
  return out;
}
void ReduceLROnPlateauImpl::set_state(const CallbackState& state) {
  MonitorCallback::set_state(state);
  wait_ = static_cast<int>(state.numbers["wait"]);
  cooldown_counter_ = static_cast<int>(state.numbers["cooldown_counter"]);
}

std::shared_ptr<ReduceLROnPlateauImpl> ReduceLROnPlateau(ReduceLROnPlateauArgs args) {
  return std::make_shared<ReduceLROnPlateauImpl>(std::move(args));
}

}  // namespace cornu::keras::callbacks
