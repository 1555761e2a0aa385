#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cornu/base/nest.h"
#include "cornu/keras/callbacks/callback.h"
#include "cornu/keras/losses/loss.h"
#include "cornu/keras/metrics/metric.h"
#include "cornu/keras/optimizers/optimizer.h"

namespace cornu::keras {

// One for the only output, a list, or a dict by output name; anything that makes a Loss or a Metric may stand for one.
//   .loss = "mse"      .loss = {"mse", "mae"}      .loss = {{"age", "mse"}, {"sex", "binary_crossentropy"}}
template <class T>
class PerOutput : public Nest<T> {
 public:
  struct Entry;
  PerOutput() = default;
  template <class U>
  requires(std::convertible_to<U, T> && !std::derived_from<std::decay_t<U>, Nest<T>>) PerOutput(U&& one)
      : Nest<T>(T(std::forward<U>(one))), given_(true) {}
  PerOutput(Nest<T> nest) : Nest<T>(std::move(nest)), given_(true) {}
  PerOutput(std::initializer_list<T> items) : Nest<T>(std::vector<T>(items)), given_(true) {}
  PerOutput(std::initializer_list<Entry> entries);
  bool given() const { return given_; }

 private:
  bool given_ = false;
};
template <class T>
struct PerOutput<T>::Entry {
  std::string name;
  PerOutput value;
  Entry(const char* key, PerOutput given) : name(key), value(std::move(given)) {}
  Entry(std::string key, PerOutput given) : name(std::move(key)), value(std::move(given)) {}
};
template <class T>
PerOutput<T>::PerOutput(std::initializer_list<Entry> entries) : given_(true) {
  typename Nest<T>::Dict dict;
  for (const Entry& entry : entries) dict.emplace_back(entry.name, Nest<T>(entry.value));
  static_cast<Nest<T>&>(*this) = Nest<T>(std::move(dict));
}

struct CompileArgs {
  Optimizer optimizer = "rmsprop";
  PerOutput<Loss> loss;
  PerOutput<double> loss_weights;
  PerOutput<Metric> metrics;
  PerOutput<Metric> weighted_metrics;
  bool run_eagerly = false;          // every step is traced anew, and tensors can be read in `call` and `train_step`
  int steps_per_execution = 1;       // steps between two batch events of callbacks
  std::string jit_compile = "auto";  // or "true", "false": for files and Keras's sake, a step is always one program
  bool auto_scale_loss = true;
};

// 0 silent, 1 a bar, 2 a line an epoch; "auto" is 1.
class CORNU_API Verbose {
 public:
  Verbose(int level);         // ValueError: not 0, 1 or 2
  Verbose(const char* text);  // ValueError: not "auto"
  operator int() const { return level_; }

 private:
  int level_;
};

struct ModelArgs {
  std::string name;
  bool trainable = true;
};

struct SequentialArgs {
  std::string name;
  bool trainable = true;
};

// Gives the next batch (x, y, sample_weight; y and sample_weight may be absent), or nothing at the end of an epoch.
struct GeneratedBatch {
  TensorNest x;
  std::optional<TensorNest> y, sample_weight;
};
using BatchGenerator = std::function<std::optional<GeneratedBatch>()>;

struct ValidationData {
  TensorNest x, y;
  std::optional<TensorNest> sample_weight;
};

struct FitArgs {
  int64_t batch_size = 0;  // 0: 32; with steps_per_epoch, the examples divided by it
  int epochs = 1;
  Verbose verbose = "auto";
  Callbacks callbacks;
  double validation_split = 0.0;  // the last part of the data, before shuffling
  std::optional<ValidationData> validation_data;
  bool shuffle = true;
  std::map<int, double> class_weight;  // of a class in the loss; classes not named weigh 1
  std::optional<TensorNest> sample_weight;
  int initial_epoch = 0;
  int64_t steps_per_epoch = 0;  // 0: until the data end; otherwise the next epoch goes on where this one stopped
  int64_t validation_steps = 0;
  int64_t validation_batch_size = 0;  // 0: batch_size
  int validation_freq = 1;
};

struct EvaluateArgs {
  int64_t batch_size = 0;
  Verbose verbose = "auto";
  std::optional<TensorNest> sample_weight;
  int64_t steps = 0;
  Callbacks callbacks;
  bool return_dict = false;
};

struct PredictArgs {
  int64_t batch_size = 0;
  Verbose verbose = "auto";
  int64_t steps = 0;
  Callbacks callbacks;
};

struct SummaryArgs {
  int line_length = 0;            // 0: Keras's own width, at most the terminal's less 4
  std::vector<double> positions;  // where columns end, as shares of the line; default: Keras's
  bool expand_nested = false;     // also the layers of models inside the model
  bool show_trainable = false;
  std::vector<std::string>
      layer_range;  // the first and the last layer to show: names, or regular expressions that match their beginnings
};

struct SaveArgs {
  bool overwrite = true;
  bool include_optimizer = true;
};

}  // namespace cornu::keras
