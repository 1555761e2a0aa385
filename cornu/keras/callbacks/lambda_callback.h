#pragma once

#include <functional>

#include "cornu/keras/callbacks/callback.h"

namespace cornu::keras::callbacks {

struct LambdaCallbackArgs {
  std::function<void(int epoch)> on_epoch_begin;
  std::function<void(int epoch, LogValues& logs)> on_epoch_end;
  std::function<void()> on_train_begin;
  std::function<void(const LogValues& logs)> on_train_end;
  std::function<void(int64_t batch)> on_train_batch_begin;
  std::function<void(int64_t batch, const LogValues& logs)> on_train_batch_end;
  std::function<void()> on_test_begin;
  std::function<void(const LogValues& logs)> on_test_end;
  std::function<void(int64_t batch)> on_test_batch_begin;
  std::function<void(int64_t batch, const LogValues& logs)> on_test_batch_end;
  std::function<void()> on_predict_begin;
  std::function<void()> on_predict_end;
  std::function<void(int64_t batch)> on_predict_batch_begin;
  std::function<void(int64_t batch)> on_predict_batch_end;
};

// A callback made of functions; those not given do nothing.
CORNU_API std::shared_ptr<Callback> LambdaCallback(LambdaCallbackArgs args);

}  // namespace cornu::keras::callbacks
