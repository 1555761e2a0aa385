#pragma once

#include "cornu/keras/callbacks/callback.h"

namespace cornu::keras::callbacks {

struct TerminateOnNaNArgs {
  bool raise_error = false;  // RuntimeError out of fit, past every on_train_end: a backup stays
};

class CORNU_API TerminateOnNaNImpl final : public Callback {
 public:
  explicit TerminateOnNaNImpl(TerminateOnNaNArgs args) : args_(std::move(args)) {}
  void on_train_batch_end(int64_t batch, const LogValues& logs) override;

 private:
  TerminateOnNaNArgs args_;
};

// Stops training after a batch whose loss is NaN or infinite.
CORNU_API std::shared_ptr<TerminateOnNaNImpl> TerminateOnNaN(TerminateOnNaNArgs args = {});

}  // namespace cornu::keras::callbacks
