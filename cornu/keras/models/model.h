#pragma once

#include <map>

#include "cornu/keras/callbacks/callback.h"
#include "cornu/keras/callbacks/history.h"
#include "cornu/keras/layers/layer.h"
#include "cornu/keras/trainers/arguments.h"

namespace cornu::keras {

class Model;
class Trainer;
struct BatchStructure;

// One batch as a step sees it; y and sample_weight may be absent.
struct Batch {
  TensorNest x;
  std::optional<TensorNest> y, sample_weight;
};
using Logs = std::vector<std::pair<std::string, Tensor>>;

// What stands behind a model. Derive to write your own `call`, and your own steps:
//   class GANImpl : public ModelImpl {
//     Logs train_step(const Batch& data) override { ... optimizer.apply(gradients(loss, weights), weights); return {{"loss", loss}}; }
//   };
class CORNU_API ModelImpl : public LayerImpl {
 public:
  using HandleBase = Model;
  explicit ModelImpl(LayerBaseArgs args = {});
  ~ModelImpl() override;
  std::string module_name() const override { return "keras"; }

  // One step, traced once and run as one program. The default: forward, loss, gradients, optimizer, metrics.
  virtual Logs train_step(const Batch& data);
  virtual Logs test_step(const Batch& data);
  virtual TensorNest predict_step(const Batch& data);
  // The loss of the compiled losses and of the layers' penalties; overridable.
  virtual Tensor compute_loss(const TensorNest& x, const std::optional<TensorNest>& y, const TensorNest& y_pred,
                              const std::optional<TensorNest>& sample_weight, bool training);
  virtual Logs compute_metrics(const TensorNest& x, const std::optional<TensorNest>& y, const TensorNest& y_pred,
                               const std::optional<TensorNest>& sample_weight);
  // The metrics whose state an epoch resets: the loss's mean first, then the compiled ones and your own.
  virtual std::vector<Metric> metrics();

  Optimizer optimizer() const;
  // The layers that make the outputs: keys of losses, metrics and targets; empty for a subclassed model.
  virtual std::vector<std::string> output_names() const { return {}; }
  // This model as a layer to call: in steps of your own, (*this)(x, true).
  TensorNest operator()(const TensorNest& inputs, bool training);
  Tensor operator()(const Tensor& input, bool training);
  // The layers of the model, in Keras's order.
  virtual std::vector<Layer> layers() const { return sublayers(); }
  Trainer& trainer() const { return *trainer_; }

 protected:
  TensorNest compute(const Arguments& arguments) override;

 private:
  std::vector<Metric> own_metrics() const;  // those that the model and the layers in it track; a model in it has its own
  void track_loss(const Tensor& loss, const TensorNest& x);
  std::unique_ptr<Trainer> trainer_;
};

struct LoadWeightsArgs {
  bool skip_mismatch = false;          // leaves, with a warning, what is not in the file or has another shape there
  bool by_name = false;                // ".h5" of Keras 2: the layers of equal names, instead of all in their order
  std::vector<Layer> objects_to_skip;  // these, and what they hold, stay as they are (not with an ".h5" of Keras 2)
};

// The handle of any model.
class CORNU_API Model : public Layer {
 public:
  Model() = default;
  explicit Model(std::shared_ptr<ModelImpl> impl) : Layer(std::move(impl)) {}
  // A functional model: what leads from `inputs` (of `Input`) to `outputs`. Tensors, lists and dicts of them.
  // ValueError: an output that the inputs do not lead to.
  Model(TensorNest inputs, TensorNest outputs, ModelArgs args = {});
  std::shared_ptr<ModelImpl> impl() const { return std::static_pointer_cast<ModelImpl>(impl_); }
  ModelImpl* operator->() const { return static_cast<ModelImpl*>(impl_.get()); }

  void compile(CompileArgs args = {}) const;
  // The arguments of compile as files hold them; null before compile.
  Json get_compile_config() const;
  // Compiles by such a config. An optimizer that it describes as the present one stays, with its state.
  // ValueError: a class or name that is not known.
  void compile_from_config(const Json& config) const;
  // Trains. Arrays: x and y (tensors or nests with equal first dimensions); or a generator of batches.
  // RuntimeError before compile; ValueError names shapes that do not fit.
  History fit(const TensorNest& x, const TensorNest& y, FitArgs args = {}) const;
  History fit(const TensorNest& x, FitArgs args = {}) const;  // no targets
  History fit(BatchGenerator generator, FitArgs args = {}) const;
  // The values under their names, in the order of metrics(): the loss first. With `.return_dict = true` sorted by name.
  LogValues evaluate(const TensorNest& x, const TensorNest& y, EvaluateArgs args = {}) const;
  LogValues evaluate(BatchGenerator generator, EvaluateArgs args = {}) const;
  Tensor predict(const TensorNest& x, PredictArgs args = {}) const;           // a model with one output
  TensorNest predict_nest(const TensorNest& x, PredictArgs args = {}) const;  // any outputs
  // One step on one batch; metrics begin anew.
  LogValues train_on_batch(const TensorNest& x, const TensorNest& y, const TensorNest* sample_weight = nullptr) const;
  LogValues test_on_batch(const TensorNest& x, const TensorNest& y, const TensorNest* sample_weight = nullptr) const;
  Tensor predict_on_batch(const TensorNest& x) const;
  TensorNest predict_on_batch_nest(const TensorNest& x) const;

  std::vector<Layer> layers() const { return (*this)->layers(); }
  Layer get_layer(const std::string& name) const;  // ValueError lists the names
  Layer get_layer(int index) const;
  Optimizer optimizer() const { return (*this)->optimizer(); }
  std::vector<Metric> metrics() const { return (*this)->metrics(); }
  std::vector<std::string> metrics_names() const;
  void reset_metrics() const;
  void stop_training(bool stop = true) const;

  // Keras's table. ValueError: a line too short for the columns, a layer_range that matches no layer.
  std::string summary_text(SummaryArgs args = {}) const;
  void summary(SummaryArgs args = {}) const;  // to standard output
  std::string to_json() const;
  // ".keras": architecture, weights, compile arguments, optimizer state. The file is replaced only by a whole new one.
  void save(const std::string& path, SaveArgs args = {}) const;
  void save_weights(const std::string& path, SaveArgs args = {}) const;  // ".weights.h5", with the optimizer's state
  // From a ".weights.h5", or those of a ".keras" or of an ".h5" of Keras 2. ValueError: what does not fit; nothing has changed then.
  // As in Keras an optimizer that has stepped takes its state from the file, one that is new (to fine-tune) begins anew.
  void load_weights(const std::string& path, const LoadWeightsArgs& args = {}) const;

 private:
  History fit_arrays(BatchStructure data, const FitArgs& args) const;
  Tensor only_output(const TensorNest& outputs) const;
};

}  // namespace cornu::keras
