#pragma once

#include "cornu/keras/callbacks/monitor_callback.h"
#include "cornu/keras/callbacks/save_freq.h"

namespace cornu::keras::callbacks {

struct ModelCheckpointArgs {
  std::string monitor = "val_loss";
  int verbose = 0;  // 1: says what it does
  bool save_best_only = false;
  bool save_weights_only = false;
  std::string mode = "auto";
  SaveFreq save_freq = "epoch";
  std::optional<double> initial_value_threshold;  // the best so far
};

class CORNU_API ModelCheckpointImpl final : public MonitorCallback {
 public:
  ModelCheckpointImpl(std::string filepath, ModelCheckpointArgs args);
  void on_epoch_begin(int epoch) override { epoch_ = epoch; }
  void on_train_batch_end(int64_t batch, const LogValues& logs) override;
  void on_epoch_end(int epoch, LogValues& logs) override;
  bool wants_batches() const override { return !args_.save_freq.is_epoch(); }
  CallbackState state() const override;
  void set_state(const CallbackState& state) override;

 protected:
  std::string class_name() const override { return "ModelCheckpoint"; }

 private:
  bool should_save(const std::string& path, const LogValues& logs);
  std::string path_for(std::optional<int64_t> batch, const LogValues& logs) const;
  void save(std::optional<int64_t> batch, const LogValues& logs);
  void say(const std::string& text) const;

  std::string filepath_;
  ModelCheckpointArgs args_;
  SaveCounter counter_;
  int epoch_ = 0;
};

// Saves the model, or its weights, while it trains. `filepath` may hold {epoch}, {batch} and the names of the logs, with a
// format: "{epoch:02d}-{val_loss:.2f}.keras". It ends in ".keras", with `save_weights_only` in ".weights.h5" (ValueError).
// ValueError at saving: a name that the logs do not have.
CORNU_API std::shared_ptr<ModelCheckpointImpl> ModelCheckpoint(std::string filepath, ModelCheckpointArgs args = {});

}  // namespace cornu::keras::callbacks
