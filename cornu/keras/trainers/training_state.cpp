#include "cornu/keras/trainers/training_state.h"

#include "cornu/base/reflect.h"
#include "cornu/keras/callbacks/callback_list.h"
#include "cornu/keras/random/seed_generator.h"
#include "cornu/keras/saving/registration.h"
#include "cornu/keras/saving/weights_file.h"

namespace cornu::keras {
namespace {

constexpr const char *kPosition = "training_state/position", *kPass = "training_state/position/pass",
                     *kOrder = "training_state/position/order", *kRandom = "training_state/random",
                     *kGenerator = "training_state/generator";

template <class T>
void write_number(io::Hdf5Writer& to, const std::string& path, const T& value) {
  to.write(path, io::host_array(std::span(&value, 1), {}));
}
template <class T>
T number_at(const io::Hdf5File& file, const std::string& path) {
  const io::HostArray array = file.root().dataset(path).read();
  if (array.dtype != dtype_of<T> || array.shape.elements() != 1)
    throw error<FileError>("Cannot read the backup: expected one number of {} at '{}'.", dtype_of<T>.name(), path);
  return array.values<T>()[0];
}

// The int64 members of a struct, each under its name.
template <class T>
void write_numbers(io::Hdf5Writer& to, const std::string& path, const T& fields) {
  reflect::for_each_field(fields, [&](std::string_view name, const auto& value) {
    if constexpr (std::is_same_v<decltype(value), const int64_t&>) write_number(to, fmt::format("{}/{}", path, name), value);
  });
}
template <class T>
void read_numbers(const io::Hdf5File& file, const std::string& path, T& fields) {
  reflect::for_each_field(fields, [&](std::string_view name, auto& value) {
    if constexpr (std::is_same_v<decltype(value), int64_t&>) value = number_at<int64_t>(file, fmt::format("{}/{}", path, name));
  });
}

void write_tensor(io::Hdf5Writer& to, const std::string& path, const Tensor& t) {
  to.write(path, {t.dtype(), t.shape(), {std::make_shared<Tensor>(t), static_cast<const std::byte*>(t.data())}});
}
Tensor tensor_at(const io::Hdf5File& file, const std::string& path) {
  const io::HostArray array = file.root().dataset(path).read();
  return Tensor::from_memory(array.data, array.dtype, array.shape);
}

// "training_state/metrics/1/0"
template <class F>
void each_metric_variable(const Model& model, F f) {
  const auto metrics = model.metrics();
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    const auto variables = metrics[i]->own_variables();
    for (std::size_t j = 0; j < variables.size(); ++j) f(fmt::format("training_state/metrics/{}/{}", i, j), variables[j]);
  }
}

// "training_state/callbacks/0_EarlyStopping": of another list of callbacks, those that stand where they stood.
template <class F>
void each_callback(const Model& model, F f) {
  const auto& all = model->trainer().callbacks().all();
  for (std::size_t i = 0; i < all.size(); ++i)
    f(fmt::format("training_state/callbacks/{}_{}", i, saving::class_name(typeid(*all[i]))), *all[i]);
}

void write_state(io::Hdf5Writer& to, const std::string& path, const CallbackState& state) {
  if (state.numbers.empty() && state.weights.empty()) return;
  to.create_group(path + "/numbers");
  for (const auto& [name, value] : state.numbers) write_number(to, path + "/numbers/" + name, value);
  for (std::size_t i = 0; i < state.weights.size(); ++i)
    write_tensor(to, fmt::format("{}/weights/{}", path, i), state.weights[i]);
}
CallbackState state_at(const io::Hdf5File& file, const std::string& path) {
  CallbackState out;
  for (const std::string& name : file.root().group(path + "/numbers").children())
    out.numbers.set(name, number_at<double>(file, path + "/numbers/" + name));
  const std::size_t weights =
      file.root().is_group(path + "/weights") ? file.root().group(path + "/weights").children().size() : 0;
  for (std::size_t i = 0; i < weights; ++i) out.weights.push_back(tensor_at(file, fmt::format("{}/weights/{}", path, i)));
  return out;
}

}  // namespace

io::FileBytes write_training_state(const Model& model) {
  io::Hdf5Writer to;
  write_weights(to, model, true);
  const TrainingPosition position = model->trainer().position();
  write_numbers(to, kPosition, position);
  write_numbers(to, kPass, position.data);
  write_numbers(to, kOrder, position.data.source);
  write_numbers(to, kRandom, seeds_state());
  write_tensor(to, kGenerator, global_generator_state().value());
  each_metric_variable(model, [&](const std::string& path, const Variable& v) { write_tensor(to, path, v.value()); });
  each_callback(model, [&](const std::string& path, const Callback& c) { write_state(to, path, c.state()); });
  return to.finish();
}

std::optional<TrainingPosition> training_position(const io::Hdf5File& file) {
  if (!file.root().is_group(kPosition)) return std::nullopt;
  TrainingPosition out;
  read_numbers(file, kPosition, out);
  read_numbers(file, kPass, out.data);
  read_numbers(file, kOrder, out.data.source);
  return out;
}

void read_training_state(const Model& model, const std::string& path, const io::Hdf5File& file) {
  const bool with_optimizer = model.optimizer() && file.root().is_group("optimizer/vars");
  if (with_optimizer) model.optimizer()->build(model.trainable_weights());
  read_weights(model, path, file, with_optimizer);
  if (!file.root().is_group(kRandom)) return;
  SeedsState seeds;
  read_numbers(file, kRandom, seeds);
  set_seeds_state(seeds);
  global_generator_state().assign(tensor_at(file, kGenerator));
  each_metric_variable(model, [&](const std::string& at, const Variable& v) {
    if (file.root().contains(at)) v.assign(tensor_at(file, at));
  });
  each_callback(model, [&](const std::string& at, Callback& c) {
    if (file.root().is_group(at)) c.set_state(state_at(file, at));
  });
}

}  // namespace cornu::keras
