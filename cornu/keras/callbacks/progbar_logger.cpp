#include "cornu/keras/callbacks/progbar_logger.h"

#include <fmt/format.h>

#include "cornu/keras/utils/io_utils.h"

namespace cornu::keras::callbacks {

void ProgbarLogger::begin() {
  seen_ = 0;
  bar_.emplace(steps_, utils::ProgbarArgs{.verbose = verbose_, .stateless_metrics = std::set<std::string>()});
}

void ProgbarLogger::on_epoch_begin(int epoch) {
  begin();
  if (verbose_ != 0 && epochs_ > 1) print_msg(fmt::format("Epoch {}/{}", epoch + 1, epochs_));
}
// The validation inside of fit draws no bar of its own.
void ProgbarLogger::on_test_begin() {
  if (!training_) begin();
}
void ProgbarLogger::on_test_batch_end(int64_t step, const LogValues& logs) {
  if (!training_) update(step, logs);
}
void ProgbarLogger::on_test_end(const LogValues& logs) {
  if (!training_) finish(logs);
}

void ProgbarLogger::update(int64_t step, const LogValues& logs) {
  seen_ = step + 1;
  if (verbose_ == 1) bar_->update(seen_, logs, false);
}

// After the first epoch the number of steps is known.
void ProgbarLogger::finish(const LogValues& logs) {
  if (steps_ == 0) bar_->set_target(steps_ = seen_);
  bar_->update(steps_, logs, true);
}

}  // namespace cornu::keras::callbacks
