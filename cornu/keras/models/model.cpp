#include "cornu/keras/models/model.h"

#include <algorithm>

#include "cornu/base/python_names.h"
#include "cornu/keras/layers/call_scope.h"
#include "cornu/keras/ops/core.h"
#include "cornu/keras/ops/numpy.h"
#include "cornu/keras/trainers/trainer.h"
#include "cornu/trace.h"

namespace cornu::keras {
namespace {

// Each once. A model within has metrics of its own, for when it is trained by itself.
void collect_metrics(const Trackable& holder, bool own, std::vector<Metric>& out) {
  for (const Trackable::Child& child : holder.children())
    for (const auto& item : child.items) {
      if (auto metric = std::dynamic_pointer_cast<MetricImpl>(item)) {
        if (own && std::none_of(out.begin(), out.end(), [&](const Metric& known) { return known.impl() == metric; }))
          out.emplace_back(std::move(metric));
      } else if (dynamic_cast<const LayerImpl*>(item.get())) {
        collect_metrics(*item, !dynamic_cast<const ModelImpl*>(item.get()), out);
      }
    }
}

std::optional<TensorNest> optional_nest(const TensorNest* nest) { return nest ? std::optional<TensorNest>(*nest) : std::nullopt; }

// Keras's default of 32, unless the number of steps says how large a batch is.
int64_t batch_size_of(int64_t batch_size, int64_t steps, int64_t examples) {
  if (batch_size < 0) throw error<ValueError>("`batch_size` must be positive. Received: batch_size={}", batch_size);
  if (batch_size) return batch_size;
  return steps > 0 ? std::max<int64_t>(1, (examples + steps - 1) / steps) : 32;
}

std::unique_ptr<BatchSource> whole_source(BatchStructure data, int64_t batch_size, int64_t steps,
                                          std::shared_ptr<BatchBuffers> buffers = {}) {
  const int64_t size = batch_size_of(batch_size, steps, examples(data));
  return array_source(std::move(data), {.batch_size = size, .buffers = std::move(buffers)});
}
std::unique_ptr<BatchSource> validation_source(const FitArgs& args, const Trainer& trainer) {
  if (!args.validation_data) return nullptr;
  const auto& [x, y, sample_weight] = *args.validation_data;
  const int64_t batch_size = args.validation_batch_size ? args.validation_batch_size : args.batch_size;
  return whole_source(standardized(x, y, sample_weight), batch_size, args.validation_steps, trainer.fit_buffers());
}

}  // namespace

// --- steps ---

PYTHON_NAMES("keras.Model");
ModelImpl::ModelImpl(LayerBaseArgs args) : LayerImpl(std::move(args)), trainer_(std::make_unique<Trainer>(*this)) {}
ModelImpl::~ModelImpl() = default;

TensorNest ModelImpl::operator()(const TensorNest& inputs, bool training) {
  return Layer(std::static_pointer_cast<LayerImpl>(shared_from_this()))(inputs, training);
}
Tensor ModelImpl::operator()(const Tensor& input, bool training) { return (*this)(TensorNest(input), training).leaf(); }

// A user's call outside of any step is traced once for each structure and shapes.
TensorNest ModelImpl::compute(const Arguments& arguments) {
  const auto tensors = arguments.tensors();
  const bool plain = !Trace::current() && !CallScope::training() && arguments.positional.size() == 1 &&
                     arguments.keywords.empty() &&
                     std::none_of(tensors.begin(), tensors.end(), [](const Tensor& t) { return t.mask().exists(); });
  const auto anew = [&](const TensorNest& x) { return LayerImpl::compute(Arguments(x)); };
  if (plain)
    if (auto out = trainer_->call(arguments.first(), anew)) return std::move(*out);
  return LayerImpl::compute(arguments);
}

Optimizer ModelImpl::optimizer() const { return trainer_->optimizer(); }

Tensor ModelImpl::compute_loss(const TensorNest&, const std::optional<TensorNest>& y, const TensorNest& y_pred,
                               const std::optional<TensorNest>& sample_weight, bool) {
  Tensor total;
  auto add = [&](const Tensor& loss) { total = total.exists() ? total + loss : loss; };
  if (auto* loss = trainer_->compiled_loss(); loss && y) add((*loss)(*y, y_pred, sample_weight));
  for (const Tensor& loss : CallScope::current_losses()) add(ops::sum(ops::cast(loss, config::floatx())));
  for (const Tensor& loss : regularization_losses()) add(loss);
  if (!total.exists())
    throw error<ValueError>(
        "No loss to compute. Provide a `loss` argument in `compile()` (and targets `y`), or call `add_loss` in a layer of the "
        "model.");
  return total;
}

Logs ModelImpl::compute_metrics(const TensorNest&, const std::optional<TensorNest>& y, const TensorNest& y_pred,
                                const std::optional<TensorNest>& sample_weight) {
  auto* compiled = trainer_->compiled_metrics();
  if (compiled && y) {
    compiled->update_state(*y, y_pred, sample_weight);
  }
  Logs logs;
  logs.emplace_back(trainer_->loss_tracker()->name(), Metric(trainer_->loss_tracker())->result());
  if (auto* loss = trainer_->compiled_loss())
    for (const Metric& metric : loss->metrics()) logs.emplace_back(metric->name(), metric->result());
  if (compiled)
    for (const auto& [name, metric] : compiled->named()) logs.emplace_back(name, metric->result());
  for (const Metric& metric : own_metrics()) logs.emplace_back(metric->name(), metric->result());
  return logs;
}

std::vector<Metric> ModelImpl::metrics() {
  std::vector<Metric> out{trainer_->loss_tracker()};
  if (auto* loss = trainer_->compiled_loss()) out.insert(out.end(), loss->metrics().begin(), loss->metrics().end());
  if (auto* compiled = trainer_->compiled_metrics())
    for (const auto& [name, metric] : compiled->named()) out.push_back(metric);
  for (const Metric& metric : own_metrics()) out.push_back(metric);
  return out;
}

std::vector<Metric> ModelImpl::own_metrics() const {
  std::vector<Metric> out;
  collect_metrics(*this, true, out);
  return out;
}

Logs ModelImpl::train_step(const Batch& data) {
  const TensorNest y_pred = (*this)(data.x, true);
  const Tensor loss = compute_loss(data.x, data.y, y_pred, data.sample_weight, true);
  const Optimizer optimizer = this->optimizer();
  const auto weights = trainable_weights();
  if (!weights.empty() && !optimizer)
    throw ValueError("Training needs an optimizer. Received: `compile` with optimizer=None. Name one, \"adam\" for instance.");
  if (!weights.empty()) optimizer->apply(gradients(optimizer->scale_loss(loss), weights), weights);
  track_loss(loss, data.x);
  return compute_metrics(data.x, data.y, y_pred, data.sample_weight);
}

Logs ModelImpl::test_step(const Batch& data) {
  const TensorNest y_pred = (*this)(data.x, false);
  const Tensor loss = compute_loss(data.x, data.y, y_pred, data.sample_weight, false);
  track_loss(loss, data.x);
  return compute_metrics(data.x, data.y, y_pred, data.sample_weight);
}

// The mean over an epoch counts examples, not batches.
void ModelImpl::track_loss(const Tensor& loss, const TensorNest& x) {
  trainer_->loss_tracker()->update_state({}, loss, static_cast<double>(x.flatten()[0].shape()[0]));
}

TensorNest ModelImpl::predict_step(const Batch& data) { return (*this)(data.x, false); }

// --- the handle ---

void Model::compile(CompileArgs args) const { (*this)->trainer().compile(std::move(args)); }

History Model::fit(const TensorNest& x, const TensorNest& y, FitArgs args) const {
  return fit_arrays(standardized(x, y, args.sample_weight), args);
}
History Model::fit(const TensorNest& x, FitArgs args) const { return fit_arrays(standardized(x, {}, args.sample_weight), args); }

History Model::fit_arrays(BatchStructure data, const FitArgs& args) const {
  const int64_t all = examples(data);
  if (args.validation_split < 0 || args.validation_split >= 1)
    throw error<ValueError>("`validation_split` must be in [0, 1). Received: validation_split={}", args.validation_split);
  int64_t train = all;
  Trainer& trainer = (*this)->trainer();
  auto validation = validation_source(args, trainer);
  if (!validation && args.validation_split > 0) {
    train = static_cast<int64_t>(static_cast<double>(all) * (1 - args.validation_split));
    if (train == 0 || train == all)
      throw error<ValueError>(
          "Training data contains {} samples, which is not sufficient to split it into a validation and training set as "
          "specified by "
          "`validation_split={}`. Either provide more data, or a different value for the `validation_split` argument.",
          all, args.validation_split);
    const int64_t batch_size = args.validation_batch_size ? args.validation_batch_size : args.batch_size;
    validation = array_source(data, {.batch_size = batch_size_of(batch_size, args.validation_steps, all - train),
                                     .first = train,
                                     .buffers = trainer.fit_buffers()});
  }
  // Classes weigh in training only.
  if (!args.class_weight.empty()) data.sample_weight = class_weights_to_sample_weights(data, args.class_weight);
  auto source = array_source(std::move(data), {.batch_size = batch_size_of(args.batch_size, args.steps_per_epoch, train),
                                               .shuffle = args.shuffle,
                                               .count = train,
                                               .buffers = trainer.fit_buffers()});
  return trainer.fit(*this, *source, validation.get(), args);
}

History Model::fit(BatchGenerator generator, FitArgs args) const {
  if (!args.class_weight.empty())
    throw ValueError(
        "Argument `class_weight` is not supported for generator inputs. Let the generator give a `sample_weight` with each "
        "batch.");
  if (args.validation_split > 0)
    throw ValueError(
        "Argument `validation_split` is only supported for arrays. Received: a generator. Give `validation_data` instead.");
  Trainer& trainer = (*this)->trainer();
  const auto validation = validation_source(args, trainer);
  auto source = generator_source(std::move(generator));
  return trainer.fit(*this, *source, validation.get(), args);
}

LogValues Model::evaluate(const TensorNest& x, const TensorNest& y, EvaluateArgs args) const {
  auto source = whole_source(standardized(x, y, args.sample_weight), args.batch_size, args.steps);
  return (*this)->trainer().evaluate(*this, *source, args);
}
LogValues Model::evaluate(BatchGenerator generator, EvaluateArgs args) const {
  auto source = generator_source(std::move(generator));
  return (*this)->trainer().evaluate(*this, *source, args);
}

TensorNest Model::predict_nest(const TensorNest& x, PredictArgs args) const {
  auto source = whole_source(standardized(x, {}, {}), args.batch_size, args.steps);
  return (*this)->trainer().predict(*this, *source, args);
}
Tensor Model::predict(const TensorNest& x, PredictArgs args) const { return only_output(predict_nest(x, std::move(args))); }
TensorNest Model::predict_on_batch_nest(const TensorNest& x) const { return (*this)->trainer().predict_batch(x); }
Tensor Model::predict_on_batch(const TensorNest& x) const { return only_output(predict_on_batch_nest(x)); }

Tensor Model::only_output(const TensorNest& outputs) const {
  if (outputs.is_leaf()) return outputs.leaf();
  throw error<ValueError>("Model '{}' has {} outputs: use the form of this call that ends in `_nest`.", name(), outputs.count());
}

LogValues Model::train_on_batch(const TensorNest& x, const TensorNest& y, const TensorNest* sample_weight) const {
  return (*this)->trainer().run_batch(StepKind::train, standardized(x, y, optional_nest(sample_weight)));
}
LogValues Model::test_on_batch(const TensorNest& x, const TensorNest& y, const TensorNest* sample_weight) const {
  return (*this)->trainer().run_batch(StepKind::test, standardized(x, y, optional_nest(sample_weight)));
}

Layer Model::get_layer(const std::string& name) const {
  std::string known;
  for (const Layer& layer : layers()) {
    if (layer.name() == name) return layer;
    known += (known.empty() ? "'" : ", '") + layer.name() + "'";
  }
  throw error<ValueError>("No such layer: {}. Existing layers are: [{}].", name, known);
}
Layer Model::get_layer(int index) const {
  const auto all = layers();
  if (index < -static_cast<int>(all.size()) || index >= static_cast<int>(all.size()))
    throw error<ValueError>("Was asked to retrieve layer at index {} but model only has {} layers.", index, all.size());
  return all[index < 0 ? index + all.size() : index];
}

std::vector<std::string> Model::metrics_names() const {
  std::vector<std::string> out;
  for (const Metric& metric : metrics()) out.push_back(metric->name());
  return out;
}
void Model::reset_metrics() const { (*this)->trainer().reset_metrics(); }
void Model::stop_training(bool stop) const { (*this)->trainer().stop_training(stop); }

}  // namespace cornu::keras
