#pragma once

#include "cornu/keras/trainers/data_adapters/batch_source.h"

namespace cornu::keras {

// The batches of one epoch after another. Without `steps` an epoch is one pass over the data; with them it is that many
// batches, and the next epoch goes on where this one stopped.
class EpochIterator {
 public:
  // ValueError: negative steps.
  EpochIterator(BatchSource& source, int64_t steps, const char* argument);
  const BatchStructure& structure() const { return source_.structure(); }
  int64_t steps() const { return steps_ ? steps_ : source_.batches(); }  // of an epoch; 0: not known
  void begin_epoch();
  // The next batch, good until the next call; null at the end of the epoch. Data that end before the steps are done end the
  // epoch, with a warning.
  const HostBatch* next();
  // The next epoch starts at the beginning of the data.
  void reset() { in_pass_ = false; }

 private:
  void begin_pass();

  BatchSource& source_;
  int64_t steps_, of_epoch_ = 0, of_pass_ = 0;  // batches given
  bool in_pass_ = false;
};

}  // namespace cornu::keras
