#pragma once

#include "cornu/keras/callbacks/monitor_callback.h"

namespace cornu::keras::callbacks {

struct ReduceLROnPlateauArgs {
  std::string monitor = "val_loss";
  double factor = 0.1;  // of the new rate to the old one
  int patience = 10;    // epochs without improvement before the rate is reduced
  int verbose = 0;      // 1: says so
  std::string mode = "auto";
  double min_delta = 1e-4;  // a change of less is no improvement
  int cooldown = 0;         // epochs after a reduction that are not counted
  double min_lr = 0;
};

class CORNU_API ReduceLROnPlateauImpl final : public MonitorCallback {
 public:
  explicit ReduceLROnPlateauImpl(ReduceLROnPlateauArgs args);
  void on_train_begin() override;
  void on_epoch_end(int epoch, LogValues& logs) override;
  bool wants_batches() const override { return false; }
  CallbackState state() const override;
  void set_state(const CallbackState& state) override;

 protected:
  std::string class_name() const override { return "ReduceLROnPlateau"; }

 private:
  void reduce(int epoch, double rate);

  ReduceLROnPlateauArgs args_;
  int wait_ = 0, cooldown_counter_ = 0;
};

// Multiplies the learning rate by `factor` when a monitored metric has stopped improving, down to `min_lr`. Each epoch's logs get
// the rate as "learning_rate". ValueError: a factor of 1 or more. TypeError at the first reduction: the optimizer's rate is a schedule.
CORNU_API std::shared_ptr<ReduceLROnPlateauImpl> ReduceLROnPlateau(ReduceLROnPlateauArgs args = {});

}  // namespace cornu::keras::callbacks
