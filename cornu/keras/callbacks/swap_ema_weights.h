#pragma once

#include "cornu/keras/callbacks/callback.h"

namespace cornu::keras::callbacks {

struct SwapEMAWeightsArgs {
  bool swap_on_epoch = false;  // the averages are in the model between two epochs too, for a ModelCheckpoint after this callback
};

class CORNU_API SwapEMAWeightsImpl final : public Callback {
 public:
  explicit SwapEMAWeightsImpl(SwapEMAWeightsArgs args) : args_(std::move(args)) {}
  void on_epoch_begin(int epoch) override;
  void on_epoch_end(int epoch, LogValues& logs) override;
  void on_test_begin() override { put(true); }
  void on_test_end(const LogValues&) override { put(false); }
  void on_predict_begin() override { put(true); }
  void on_predict_end() override { put(false); }
  bool wants_batches() const override { return false; }
  CallbackState state() const override { return {{{"averages_in_model", averages_in_model_ ? 1.0 : 0.0}}, {}}; }
  void set_state(const CallbackState& state) override { averages_in_model_ = state.numbers["averages_in_model"] != 0; }

 private:
  void put(bool averages_in_model);

  SwapEMAWeightsArgs args_;
  bool averages_in_model_ = false;
};

// The model is evaluated and predicts with the moving averages of its weights, which an optimizer with `use_ema=true` keeps.
// ValueError: an optimizer that keeps none.
CORNU_API std::shared_ptr<SwapEMAWeightsImpl> SwapEMAWeights(SwapEMAWeightsArgs args = {});

}  // namespace cornu::keras::callbacks
