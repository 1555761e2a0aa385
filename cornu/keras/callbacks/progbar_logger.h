#pragma once

#include <optional>

#include "cornu/keras/callbacks/callback.h"
#include "cornu/keras/utils/progbar.h"

namespace cornu::keras::callbacks {

// Draws the progress bar of fit, evaluate and predict; they add it themselves unless `verbose` is 0.
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
  // The bar counts steps; the line of verbose 2 knows how many there are.
  bool wants_batches() const override { return verbose_ == 1 || steps_ == 0; }
  bool wants_logs_at_once() const override { return false; }

 private:
  void begin();
  void update(int64_t step, const LogValues& logs);
  void finish(const LogValues& logs);

  std::optional<utils::Progbar> bar_;
  int64_t seen_ = 0;
  bool training_ = false;
};

}  // namespace cornu::keras::callbacks
