#pragma once

#include <deque>
#include <optional>

#include "cornu/keras/callbacks/callback.h"
#include "cornu/keras/trainers/step.h"

namespace cornu::keras {

// Steps that were started, the last of them and what its logs are. On a device they are under way while the host makes the next batch.
class StepRuns {
 public:
  // Throws what came of an earlier step, if it may not be left alone any longer.
  void start(StepPtr step, const HostBatch& batch);
  // Of the last step, which is waited for; sorted by name. Empty when none was started.
  LogValues logs();
  // Of the last step that is over already.
  LogValues logs_so_far();
  // The last that was started; null for none.
  StepPtr step() const;
  // Waits for all, and forgets them and their errors.
  void clear();

 private:
  struct Started {
    StepPtr step;
    std::vector<float> values;
    exec::Run run;
  };
  void end_first();
  LogValues logs_of_last() const;

  std::deque<Started> under_way_;  // the oldest first
  std::optional<Started> last_;    // that is over
};

}  // namespace cornu::keras
