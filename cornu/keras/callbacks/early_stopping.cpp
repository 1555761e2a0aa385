#include "cornu/keras/callbacks/early_stopping.h"

#include "cornu/base/log.h"
#include "cornu/keras/models/model.h"
#include "cornu/keras/utils/io_utils.h"

namespace cornu::keras::callbacks {

EarlyStoppingImpl::EarlyStoppingImpl(EarlyStoppingArgs args)
    : MonitorCallback(args.monitor, args.mode, {}, args.min_delta), args_(std::move(args)) {}

void EarlyStoppingImpl::on_train_begin() {
  wait_ = stopped_epoch_ = best_epoch_ = 0;
  best_.reset();
  best_weights_.clear();
}

void EarlyStoppingImpl::keep_weights(int epoch) {
  best_epoch_ = epoch;
  if (args_.restore_best_weights) best_weights_ = model().get_weights();
}

void EarlyStoppingImpl::on_epoch_end(int epoch, LogValues& logs) {
  const std::optional<double> current = this->current(logs);
  if (!current)
    log::warn_once("Early stopping conditioned on metric `{}` which is not available. Available metrics are: {}", monitor(),
                   fmt::join(logs.names(), ","));
  if (!current || epoch < args_.start_from_epoch) return;
  if (args_.restore_best_weights && best_weights_.empty()) keep_weights(epoch);
  ++wait_;
  if (is_improvement(*current, best_)) {
    best_ = *current;
    keep_weights(epoch);
    // The wait begins anew only when the baseline is beaten too.
    if (!args_.baseline || is_improvement(*current, args_.baseline)) wait_ = 0;
    return;
  }
  if (wait_ >= args_.patience && epoch > 0) {
    stopped_epoch_ = epoch;
    model().stop_training();
  }
}

CallbackState EarlyStoppingImpl::state() const {
  CallbackState out = MonitorCallback::state();
  out.numbers.set("wait", wait_);
  out.numbers.set("stopped_epoch", stopped_epoch_);
  out.numbers.set("best_epoch", best_epoch_);
  out.weights = best_weights_;
  return out;
}
void EarlyStoppingImpl::set_state(const CallbackState& state) {
  MonitorCallback::set_state(state);
  wait_ = static_cast<int>(state.numbers["wait"]);
  stopped_epoch_ = static_cast<int>(state.numbers["stopped_epoch"]);
  best_epoch_ = static_cast<int>(state.numbers["best_epoch"]);
  best_weights_ = state.weights;
}

void EarlyStoppingImpl::on_train_end(const LogValues&) {
  if (stopped_epoch_ > 0 && args_.verbose > 0) print_msg(fmt::format("Epoch {}: early stopping", stopped_epoch_ + 1));
  if (best_weights_.empty()) return;
  if (args_.verbose > 0) print_msg(fmt::format("Restoring model weights from the end of the best epoch: {}.", best_epoch_ + 1));
  model().set_weights(best_weights_);
}

std::shared_ptr<EarlyStoppingImpl> EarlyStopping(EarlyStoppingArgs args) {
  return std::make_shared<EarlyStoppingImpl>(std::move(args));
}

}  // namespace cornu::keras::callbacks
