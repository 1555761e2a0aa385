#pragma once

#include <chrono>

#include "cornu/keras/callbacks/callback.h"

namespace cornu::keras {

// Keras's progress bar on standard output: a bar that is drawn anew on a terminal, and one line an epoch elsewhere.
class CORNU_API ProgbarLogger : public Callback {
 public:
  void on_train_begin() override { training_ = true; }
  void on_epoch_begin(int epoch) override;
  void on_train_batch_end(int64_t step, const LogValues& logs) override { update(step, logs); }
  void on_epoch_end(int, LogValues& logs) override { finish(logs); }
  void on_test_begin() override;
  void on_test_batch_end(int64_t step, const LogValues& logs) override;
  void on_test_end(const LogValues& logs) override;
  void on_predict_begin() override { begin(); }
  void on_predict_batch_end(int64_t step) override { update(step, {}); }
  void on_predict_end() override { finish({}); }
  // Only a bar that is being drawn needs the values of batches.
  bool wants_batches() const override;

 private:
  using Clock = std::chrono::steady_clock;
  void begin();
  void update(int64_t step, const LogValues& logs);
  void finish(const LogValues& logs);
  void draw(const LogValues& logs, bool last);

  Clock::time_point start_, drawn_;
  int64_t seen_ = 0;
  bool training_ = false;
};

}  // namespace cornu::keras
