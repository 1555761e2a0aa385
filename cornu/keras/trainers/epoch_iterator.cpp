#include "cornu/keras/trainers/epoch_iterator.h"

#include "cornu/base/log.h"

namespace cornu::keras {

EpochIterator::EpochIterator(BatchSource& source, int64_t steps, const char* argument) : source_(source), steps_(steps) {
  if (steps < 0) throw error<ValueError>("`{}` must be positive, or 0 for all data. Received: {}={}", argument, argument, steps);
}

void EpochIterator::begin_pass() {
  source_.begin_epoch();
  in_pass_ = true;
  of_pass_ = 0;
}

void EpochIterator::begin_epoch() {
  of_epoch_ = 0;
  if (!in_pass_ || steps_ == 0) begin_pass();
}

const HostBatch* EpochIterator::next() {
  if (steps_ && of_epoch_ == steps_) {
    if (of_pass_ == source_.batches()) in_pass_ = false;
    return nullptr;
  }
  const HostBatch* batch = source_.next();
  // The last epoch had come to the very end of the data, which only now shows.
  if (!batch && of_epoch_ == 0 && of_pass_ > 0) {
    begin_pass();
    batch = source_.next();
  }
  if (batch) {
    ++of_epoch_;
    ++of_pass_;
    return batch;
  }
  in_pass_ = false;
  if (steps_)
    log::warn_once(
        "Your input ran out of data; interrupting training. Make sure that your dataset or generator can generate at least "
        "`steps_per_epoch * "
        "epochs` batches.");
  return nullptr;
}

}  // namespace cornu::keras
