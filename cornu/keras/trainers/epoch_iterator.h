#pragma once

#include "cornu/keras/trainers/data_adapters/batch_source.h"

namespace cornu::keras {

// Where an iterator stands: batches of this epoch and of this pass over the data, and where its source stands.
struct EpochPosition {
  int64_t of_epoch = 0, of_pass = 0, in_pass = 0;
  SourcePosition source;
};

// The batches of one epoch after another. Without `steps` an epoch is one pass over the data; with them it is that many
// batches, and the next epoch goes on where this one stopped.
class EpochIterator {
 public:
  // ValueError: negative steps.
  EpochIterator(BatchSource& source, int64_t steps, const char* argument);
  const BatchStructure& structure() const { return source_.structure(); }
  int64_t steps() const { return steps_ ? steps_ : source_.batches(); }  // of an epoch; 0: not known
  void begin_epoch();
  int64_t given() const { return at_.of_epoch; }  // of this epoch
  // The next batch, good until the next call; null at the end of the epoch. Data that end before the steps are done end the
  // epoch, with a warning.
  const HostBatch* next();
  // The next epoch starts at the beginning of the data.
  void reset() { at_.in_pass = false; }
  EpochPosition position() const;
  void go_on(const EpochPosition& position);

 private:
  void begin_pass();

  BatchSource& source_;
  int64_t steps_;
  EpochPosition at_;  // but for the source's
};

}  // namespace cornu::keras
