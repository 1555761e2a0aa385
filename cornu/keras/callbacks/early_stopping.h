#pragma once

#include "cornu/keras/callbacks/monitor_callback.h"
#include "cornu/tensor.h"

namespace cornu::keras::callbacks {

struct EarlyStoppingArgs {
  std::string monitor = "val_loss";
  double min_delta = 0;  // a change of less is no improvement
  int patience = 0;      // epochs without improvement before training stops
  int verbose = 0;       // 1: says so
  std::string mode = "auto";
  std::optional<double> baseline;  // what must be improved on
  bool restore_best_weights = false;
  int start_from_epoch = 0;  // epochs before this one are not watched
};

class CORNU_API EarlyStoppingImpl final : public MonitorCallback {
 public:
  explicit EarlyStoppingImpl(EarlyStoppingArgs args);
  void on_train_begin() override;
  void on_epoch_end(int epoch, LogValues& logs) override;
  void on_train_end(const LogValues& logs) override;
  bool wants_batches() const override { return false; }
  CallbackState state() const override;
  void set_state(const CallbackState& state) override;
  int stopped_epoch() const { return stopped_epoch_; }  // 0: training went on to its end
  int best_epoch() const { return best_epoch_; }
  int wait() const { return wait_; }  // epochs since the last improvement

 protected:
  std::string class_name() const override { return "EarlyStopping"; }

 private:
  void keep_weights(int epoch);

  EarlyStoppingArgs args_;
  int wait_ = 0, stopped_epoch_ = 0, best_epoch_ = 0;
  std::vector<Tensor> best_weights_;
};

// Stops training when a monitored metric has stopped improving; with `restore_best_weights` the model gets those of the best
// epoch back. It may be used for one fit after another.
CORNU_API std::shared_ptr<EarlyStoppingImpl> EarlyStopping(EarlyStoppingArgs args = {});

}  // namespace cornu::keras::callbacks
