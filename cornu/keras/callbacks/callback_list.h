#pragma once

#include "cornu/keras/callbacks/callback.h"

namespace cornu::keras {

// The callbacks of one call of fit, evaluate or predict: the user's, then the progress bar. A backup comes after the user's others:
// it holds what they made of the same event.
class CallbackList {
 public:
  CallbackList(const Model& model, Callbacks callbacks, int64_t epochs, int64_t steps, int verbose);
  bool wants_batches() const { return wants_batches_; }
  bool wants_logs_at_once() const { return wants_logs_at_once_; }
  const Callbacks& all() const { return callbacks_; }
  template <class F>
  void each(F&& f) {
    for (auto& callback : callbacks_) f(*callback);
  }

 private:
  Callbacks callbacks_;
  bool wants_batches_ = false, wants_logs_at_once_ = false;
};

}  // namespace cornu::keras
