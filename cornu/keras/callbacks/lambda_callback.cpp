#include "cornu/keras/callbacks/lambda_callback.h"

namespace cornu::keras::callbacks {
namespace {

template <class F, class... Args>
void call(const F& f, Args&&... args) {
  if (f) f(args...);
}

class LambdaCallbackImpl final : public Callback {
 public:
  explicit LambdaCallbackImpl(LambdaCallbackArgs args) : args_(std::move(args)) {}
  void on_epoch_begin(int epoch) override { call(args_.on_epoch_begin, epoch); }
  void on_epoch_end(int epoch, LogValues& logs) override { call(args_.on_epoch_end, epoch, logs); }
  void on_train_begin() override { call(args_.on_train_begin); }
  void on_train_end(const LogValues& logs) override { call(args_.on_train_end, logs); }
  void on_train_batch_begin(int64_t batch) override { call(args_.on_train_batch_begin, batch); }
  void on_train_batch_end(int64_t batch, const LogValues& logs) override { call(args_.on_train_batch_end, batch, logs); }
  void on_test_begin() override { call(args_.on_test_begin); }
  void on_test_end(const LogValues& logs) override { call(args_.on_test_end, logs); }
  void on_test_batch_begin(int64_t batch) override { call(args_.on_test_batch_begin, batch); }
  void on_test_batch_end(int64_t batch, const LogValues& logs) override { call(args_.on_test_batch_end, batch, logs); }
  void on_predict_begin() override { call(args_.on_predict_begin); }
  void on_predict_end() override { call(args_.on_predict_end); }
  void on_predict_batch_begin(int64_t batch) override { call(args_.on_predict_batch_begin, batch); }
  void on_predict_batch_end(int64_t batch) override { call(args_.on_predict_batch_end, batch); }
  bool wants_batches() const override {
    return args_.on_train_batch_begin || args_.on_train_batch_end || args_.on_test_batch_begin || args_.on_test_batch_end ||
           args_.on_predict_batch_begin || args_.on_predict_batch_end;
  }
  bool wants_logs_at_once() const override { return args_.on_train_batch_end || args_.on_test_batch_end; }

 private:
  LambdaCallbackArgs args_;
};

}  // namespace

std::shared_ptr<Callback> LambdaCallback(LambdaCallbackArgs args) {
  return std::make_shared<LambdaCallbackImpl>(std::move(args));
}

}  // namespace cornu::keras::callbacks
