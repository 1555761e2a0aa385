#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cornu/base/api.h"
#include "cornu/tensor.h"

namespace cornu::keras {

class Model;
class OptimizerImpl;

// The numbers of an epoch or a batch, in the order they were measured: {"loss": 0.31, "accuracy": 0.91}.
class CORNU_API LogValues : public std::vector<std::pair<std::string, double>> {
 public:
  using vector::vector;
  double operator[](const std::string& name) const;  // ValueError lists what there is
  const double* find(const std::string& name) const;
  void set(const std::string& name, double value);
  std::vector<std::string> names() const;
};

// What a callback must know to go on in another process: numbers by name, and weights where it keeps any.
struct CallbackState {
  LogValues numbers;
  std::vector<Tensor> weights;
};

// keras.callbacks.Callback. Override what you want to hear of; `model()` is the model being trained.
class CORNU_API Callback {
 public:
  virtual ~Callback() = default;
  virtual void on_train_begin() {}
  virtual void on_train_end(const LogValues&) {}
  virtual void on_epoch_begin(int) {}
  virtual void on_epoch_end(int, LogValues&) {}
  virtual void on_train_batch_begin(int64_t) {}
  virtual void on_train_batch_end(int64_t, const LogValues&) {}
  virtual void on_test_begin() {}
  virtual void on_test_end(const LogValues&) {}
  virtual void on_test_batch_begin(int64_t) {}
  virtual void on_test_batch_end(int64_t, const LogValues&) {}
  virtual void on_predict_begin() {}
  virtual void on_predict_end() {}
  virtual void on_predict_batch_begin(int64_t) {}
  virtual void on_predict_batch_end(int64_t) {}
  // False: no batch event is wanted, so that metrics stay on the device and several steps may run in one launch.
  virtual bool wants_batches() const { return true; }
  // False: the logs of a batch's end may be those of an earlier batch, so that nobody waits for a device.
  virtual bool wants_logs_at_once() const { return wants_batches(); }
  // What BackupAndRestore keeps of this callback, and gives back after its on_train_begin. Override both if `model()` or your own
  // decisions depend on what the callback saw.
  virtual CallbackState state() const { return {}; }
  virtual void set_state(const CallbackState&) {}

  void set_model(const Model& model);
  void set_params(int64_t epochs, int64_t steps, int verbose) { epochs_ = epochs, steps_ = steps, verbose_ = verbose; }

 protected:
  Model model() const;
  OptimizerImpl& optimizer() const;  // the model's. ValueError: compiled without one
  int64_t epochs_ = 1, steps_ = 0;   // steps 0: not known yet
  int verbose_ = 0;

 private:
  std::weak_ptr<void> model_;
};

using Callbacks = std::vector<std::shared_ptr<Callback>>;

namespace callbacks {
using keras::Callback;
}

}  // namespace cornu::keras
