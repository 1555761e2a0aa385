#pragma once

#include <cstdint>
#include <optional>

#include "cornu/base/json.h"
#include "cornu/keras/callbacks/callback.h"

namespace cornu::keras::callbacks {

// "epoch", or a number of batches.
class CORNU_API SaveFreq {
 public:
  SaveFreq(const char* epoch);  // ValueError for another text than "epoch"
  SaveFreq(int64_t batches);    // ValueError: not positive
  SaveFreq(int batches) : SaveFreq(static_cast<int64_t>(batches)) {}
  bool is_epoch() const { return batches_ == 0; }
  int64_t batches() const { return batches_; }  // 0: an epoch's

 private:
  int64_t batches_ = 0;
};

CORNU_API void write_json(const SaveFreq& freq, Json& out);
CORNU_API void read_json(const Json& json, SaveFreq& freq);  // ValueError: neither "epoch" nor a positive integer

// Counts batches, across epochs.
class SaveCounter {
 public:
  explicit SaveCounter(SaveFreq freq) : freq_(freq) {}
  // After a batch: have there been enough since it was so last? Never with "epoch". An execution of several steps is told as its
  // last batch.
  bool is_due(int64_t batch);
  void write_state(LogValues& numbers) const;
  void read_state(const LogValues& numbers);

 private:
  SaveFreq freq_;
  int64_t since_last_saving_ = 0, last_batch_ = -1;
};

}  // namespace cornu::keras::callbacks
