#include "cornu/keras/trainers/epoch_iterator.h"

#include "cornu/base/log.h"

namespace cornu::keras {

EpochIterator::EpochIterator(BatchSource& source, int64_t steps, const char* argument) : source_(source), steps_(steps) {
  if (steps < 0) throw error<ValueError>("`{}` must be positive, or 0 for all data. Received: {}={}", argument, argument, steps);
}

void EpochIterator::begin_pass() {
  source_.begin_epoch();
  at_.in_pass = true;
  at_.of_pass = 0;
}

void EpochIterator::begin_epoch() {
  at_.of_epoch = 0;
  if (!at_.in_pass || steps_ == 0) begin_pass();
}

EpochPosition EpochIterator::position() const {
  EpochPosition out = at_;
  out.source = source_.position();
  return out;
}

void EpochIterator::go_on(const EpochPosition& position) {
  at_ = position;
  source_.go_on(position.source);
}

const HostBatch* EpochIterator::next() {
  if (steps_ && at_.of_epoch == steps_) {
    if (at_.of_pass == source_.batches()) at_.in_pass = false;
    return nullptr;
  }
  const HostBatch* batch = source_.next();
  // The last epoch had come to the very end of the data, which only now shows.
  if (!batch && at_.of_epoch == 0 && at_.of_pass > 0) {
    begin_pass();
    batch = source_.next();
  }
  if (batch) {
    ++at_.of_epoch;
    ++at_.of_pass;
    return batch;
  }
  at_.in_pass = false;
  if (steps_)
    log::warn_once(
        "Your input ran out of data; interrupting training. Make sure that your dataset or generator can generate at least "
        "`steps_per_epoch * "
        "epochs` batches.");
  return nullptr;
}

}  // namespace cornu::keras
