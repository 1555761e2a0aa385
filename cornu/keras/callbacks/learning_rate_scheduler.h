#pragma once

#include <functional>

#include "cornu/keras/callbacks/callback.h"

namespace cornu::keras::callbacks {

struct LearningRateSchedulerArgs {
  int verbose = 0;  // 1: says each epoch's rate
};

class CORNU_API LearningRateSchedulerImpl final : public Callback {
 public:
  using Schedule = std::function<double(int epoch, double learning_rate)>;
  LearningRateSchedulerImpl(Schedule schedule, LearningRateSchedulerArgs args)
      : schedule_(std::move(schedule)), args_(std::move(args)) {}
  void on_train_begin() override { begun_ = -1; }
  void on_epoch_begin(int epoch) override;
  void on_epoch_end(int epoch, LogValues& logs) override;
  bool wants_batches() const override { return false; }
  CallbackState state() const override { return {{{"begun", begun_}}, {}}; }
  void set_state(const CallbackState& state) override { begun_ = static_cast<int>(state.numbers["begun"]); }

 private:
  Schedule schedule_;
  LearningRateSchedulerArgs args_;
  int begun_ = -1;  // the last epoch whose rate was set: one that goes on from a backup has its own
};

// Sets the learning rate at the beginning of each epoch, by a function of the epoch (from 0) and the present rate, or of the epoch
// alone. Each epoch's logs get the rate as "learning_rate". TypeError in fit: the optimizer's rate is a schedule.
CORNU_API std::shared_ptr<LearningRateSchedulerImpl> LearningRateScheduler(
    std::function<double(int epoch, double learning_rate)> schedule, LearningRateSchedulerArgs args = {});
CORNU_API std::shared_ptr<LearningRateSchedulerImpl> LearningRateScheduler(std::function<double(int epoch)> schedule,
                                                                           LearningRateSchedulerArgs args = {});

}  // namespace cornu::keras::callbacks
