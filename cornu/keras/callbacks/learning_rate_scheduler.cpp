#include "cornu/keras/callbacks/learning_rate_scheduler.h"

#include "cornu/keras/models/model.h"
#include "cornu/keras/utils/io_utils.h"

namespace cornu::keras::callbacks {

void LearningRateSchedulerImpl::on_epoch_begin(int epoch) {
  if (epoch == begun_) return;
  const double rate = schedule_(epoch, optimizer().learning_rate().item<double>());
  optimizer().set_learning_rate(rate);
  begun_ = epoch;
  if (args_.verbose > 0)
    print_msg(fmt::format("\nEpoch {}: LearningRateScheduler setting learning rate to {}.", epoch + 1, float_text(rate)));
}

void LearningRateSchedulerImpl::on_epoch_end(int, LogValues& logs) {
  logs.set("learning_rate", optimizer().learning_rate().item<double>());
}

std::shared_ptr<LearningRateSchedulerImpl> LearningRateScheduler(std::function<double(int, double)> schedule,
                                                                 LearningRateSchedulerArgs args) {
  if (!schedule) throw ValueError("`schedule` must be a function of the epoch and the learning rate. Received: none");
  return std::make_shared<LearningRateSchedulerImpl>(std::move(schedule), std::move(args));
}
std::shared_ptr<LearningRateSchedulerImpl> LearningRateScheduler(std::function<double(int)> schedule,
                                                                 LearningRateSchedulerArgs args) {
  if (!schedule) throw ValueError("`schedule` must be a function of the epoch. Received: none");
  return LearningRateScheduler([schedule = std::move(schedule)](int epoch, double) { return schedule(epoch); }, std::move(args));
}

}  // namespace cornu::keras::callbacks
