#pragma once

#include "cornu/keras/callbacks/monitor_callback.h"

namespace cornu::keras::callbacks {

// "epoch", or a number of batches.
class CORNU_API SaveFreq {
 public:
  SaveFreq(const char* epoch);  // ValueError for another text than "epoch"
  SaveFreq(int64_t batches) : batches_(batches) {}
  SaveFreq(int batches) : batches_(batches) {}
  bool is_epoch() const { return batches_ == 0; }
  int64_t batches() const { return batches_; }

 private:
  int64_t batches_ = 0;
};

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

 protected:
  std::string class_name() const override { return "ModelCheckpoint"; }

 private:
  bool is_due(int64_t batch);
  bool should_save(const std::string& path, const LogValues& logs);
  std::string path_for(std::optional<int64_t> batch, const LogValues& logs) const;
  void save(std::optional<int64_t> batch, const LogValues& logs);
  void say(const std::string& text) const;

  std::string filepath_;
  ModelCheckpointArgs args_;
  int epoch_ = 0;
  int64_t since_last_saving_ = 0;
  std::optional<int64_t> last_batch_;
};

// Saves the model, or its weights, while it trains. `filepath` may hold {epoch}, {batch} and the names of the logs, with a
// format: "{epoch:02d}-{val_loss:.2f}.keras". It ends in ".keras", with `save_weights_only` in ".weights.h5" (ValueError).
// ValueError at saving: a name that the logs do not have.
CORNU_API std::shared_ptr<ModelCheckpointImpl> ModelCheckpoint(std::string filepath, ModelCheckpointArgs args = {});

}  // namespace cornu::keras::callbacks
