#include "cli/bench_workloads.h"

#include <charconv>
#include <nlohmann/json.hpp>

#include "cli/bench_layers.h"
#include "cli/bench_networks.h"
#include "cli/data.h"

namespace cornu::cli {
namespace {

Tensor computed(const Tensor& tensor) {
  evaluate({tensor});
  return tensor;
}

// Rows that are predicted at once.
constexpr int64_t kFewest = 8;

// 128 of "mlp-128"; 0 of any other name.
int64_t width_of(const std::string& name) {
  constexpr std::string_view kBeginning = "mlp-";
  int64_t width = 0;
  if (name.starts_with(kBeginning)) std::from_chars(name.data() + kBeginning.size(), name.data() + name.size(), width);
  return name == fmt::format("{}{}", kBeginning, width) && width > 0 ? width : 0;
}

Workload classification(const std::string& name, const Network& network, WorkloadSize size) {
  const int64_t batch_size = size.batch_size ? size.batch_size : network.batch_size;
  const int64_t examples = std::max(size.steps ? size.steps * batch_size : network.examples, std::max(batch_size, kFewest));
  Shape images{examples};
  for (int axis = 0; axis < network.image.rank(); ++axis) images.push_back(network.image[axis]);
  const auto labels = keras::random::randint({examples}, 0, network.classes);
  return {name,
          network.make(),
          computed(keras::random::uniform(images)),
          computed(keras::utils::to_categorical(labels, network.classes)),
          examples,
          batch_size};
}

// A model of the user's on numbers that mean nothing, of the shapes that it takes.
Workload own(const std::string& path, WorkloadSize size) {
  const auto model = read_model(path);
  const auto* sequential = model.as<keras::SequentialImpl>();
  const auto* functional = sequential ? sequential->functional() : model.as<keras::FunctionalImpl>();
  if (!functional)
    throw error<ValueError>("The model '{}' does not say the shape of its inputs: build it before it is saved.", path);
  const int64_t batch_size = size.batch_size ? size.batch_size : 32;
  const int64_t enough = model.optimizer() ? 256 : kFewest;  // a model that is not trained only predicts
  const int64_t examples = std::max(size.steps ? size.steps * batch_size : enough, std::max(size.batch_size, kFewest));
  const auto x = functional->inputs().map([&](const Tensor& input) {
    Shape shape = input.shape();
    shape[0] = examples;
    for (int i = 1; i < shape.rank(); ++i)
      if (shape[i] == Shape::kUnknown) shape[i] = 16;
    return computed(cast(keras::random::uniform(shape), input.dtype()));
  });
  const bool numbered = model.get_compile_config().dump().find("\"sparse") != std::string::npos;
  const auto y = model.predict_nest(x, {.verbose = 0}).map([&](const Tensor& output) {
    Shape shape = output.shape();
    if (numbered) shape[-1] = 1;
    return computed(keras::ops::zeros(shape, numbered ? int32 : float32));
  });
  return {path, model, x, y, examples, batch_size};
}

}  // namespace

Workload workload(const std::string& name, WorkloadSize size) {
  if (const auto network = named_network(name)) return classification(name, *network, size);
  if (const int64_t width = width_of(name)) return classification(name, wide_network(width), size);
  if (name.ends_with(".keras") || name.ends_with(".json")) return own(name, size);
  throw UsageError(fmt::format("a workload is {}, load, optimizers or {}. Received: {}", workload_names(),
                               fmt::join(layer_workloads(), ", "), name));
}

std::string workload_names() {
  return fmt::format("{}, mlp-N (two hidden layers of N units), a model (.keras, .json)", fmt::join(network_names(), ", "));
}

TensorNest first_rows(const TensorNest& data, int64_t count) {
  return data.map([&](const Tensor& t) {
    Shape shape = t.shape();
    shape[0] = count;
    return computed(keras::ops::slice(t, std::vector<int64_t>(t.rank(), 0), shape));
  });
}

}  // namespace cornu::cli
