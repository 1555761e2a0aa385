#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/bench_layers.h"
#include "cli/bench_load.h"
#include "cli/bench_optimizers.h"
#include "cli/data.h"
#include "cli/device.h"

namespace cornu::cli {
namespace {

using Clock = std::chrono::steady_clock;
using namespace keras::layers;

double microseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::micro>(Clock::now() - start).count();
}
double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + values.size() / 2, values.end());
  return values[values.size() / 2];
}

struct Workload {
  std::string name;
  keras::Model model;
  TensorNest x, y;
  int64_t examples, batch_size;
};

Tensor computed(const Tensor& tensor) {
  evaluate({tensor});
  return tensor;
}
TensorNest first_rows(const TensorNest& data, int64_t count) {
  return data.map([&](const Tensor& t) {
    Shape shape = t.shape();
    shape[0] = count;
    return computed(keras::ops::slice(t, std::vector<int64_t>(t.rank(), 0), shape));
  });
}

// The workloads of the peers in bench/peers: the same layers, sizes, optimizer and metric.
Workload classifier(std::string name, std::vector<keras::Layer> layers, const Shape& images, int64_t batch_size) {
  const auto model = keras::Sequential(std::move(layers));
  model.compile({.optimizer = "adam", .loss = "categorical_crossentropy", .metrics = {"accuracy"}});
  const int64_t examples = images[0];
  const auto labels = keras::utils::to_categorical(keras::random::randint({examples}, 0, 10), 10);
  return {std::move(name), model, computed(keras::random::uniform(images)), labels, examples, batch_size};
}
Workload mlp() {
  return classifier("mlp", {Dense(128, {.activation = "relu", .input_shape = {784}}), Dense(10, {.activation = "softmax"})},
                    {12000, 784}, 32);
}
Workload cnn() {
  return classifier(
      "cnn",
      {Conv2D(32, 3, {.activation = "relu", .input_shape = {28, 28, 1}}), MaxPooling2D(), Conv2D(64, 3, {.activation = "relu"}),
       MaxPooling2D(), Flatten(), Dropout(0.5), Dense(10, {.activation = "softmax"})},
      {4096, 28, 28, 1}, 64);
}

// A model of the user's on numbers that mean nothing, of the shapes that it takes.
Workload own(const std::string& path) {
  const auto model = read_model(path);
  const auto* sequential = model.as<keras::SequentialImpl>();
  const auto* functional = sequential ? sequential->functional() : model.as<keras::FunctionalImpl>();
  if (!functional)
    throw error<ValueError>("The model '{}' does not say the shape of its inputs: build it before it is saved.", path);
  // A model that is not compiled is not trained: a few rows do.
  const int64_t examples = model.optimizer() ? 256 : 8;
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
  return {path, model, x, y, examples, 32};
}

Workload workload(const std::string& name) {
  if (name == "mlp") return mlp();
  if (name == "cnn") return cnn();
  if (name.ends_with(".keras") || name.ends_with(".json")) return own(name);
  throw UsageError(fmt::format("a workload is mlp, cnn, load, optimizers, {} or a model (.keras, .json). Received: {}",
                               fmt::join(layer_workloads(), ", "), name));
}

void measure_training(const Workload& w, Json& figures) {
  auto epoch = [&](const TensorNest& x, const TensorNest& y, int64_t batch_size) {
    const auto start = Clock::now();
    w.model.fit(x, y, {.batch_size = batch_size, .verbose = 0});
    return microseconds_since(start);
  };
  auto one_step = [&](int64_t size) { return epoch(first_rows(w.x, size), first_rows(w.y, size), size); };
  const double first = one_step(w.batch_size);
  epoch(w.x, w.y, w.batch_size);
  const int64_t steps = (w.examples + w.batch_size - 1) / w.batch_size;
  std::vector<double> times;
  for (int i = 0; i < 5; ++i) times.push_back(epoch(w.x, w.y, w.batch_size) / static_cast<double>(steps));
  figures["step_us"] = median(times);
  figures["step_us_best"] = *std::min_element(times.begin(), times.end());
  figures["first_step_s"] = first / 1e6;
  figures["new_batch_s"] = one_step(w.batch_size * 3 / 2) / 1e6;
}

// The median time of a call, in microseconds.
double latency(const std::function<void()>& call) {
  constexpr int kWarm = 100, kMost = 2000;
  constexpr double kEnough = 2e6;  // microseconds
  std::vector<double> calls;
  const auto begin = Clock::now();
  for (int i = 0; i < kMost && (calls.size() < 10 || microseconds_since(begin) < kEnough); ++i) {
    const auto start = Clock::now();
    call();
    if (i >= kWarm || microseconds_since(begin) > kEnough) calls.push_back(microseconds_since(start));
  }
  return median(calls);
}

void measure_prediction(const Workload& w, Json& figures) {
  const TensorNest one = first_rows(w.x, 1), eight = first_rows(w.x, 8);
  figures["predict1_us"] = latency([&] { w.model.predict_on_batch_nest(one); });
  figures["predict8_us"] = latency([&] { w.model.predict_on_batch_nest(eight); });
  figures["call1_us"] = latency([&] { evaluate(w.model(one).flatten()); });
}

double megabytes(const TensorNest& data) {
  double bytes = 0;
  for (const Tensor& t : data.flatten()) bytes += static_cast<double>(t.size()) * static_cast<double>(t.dtype().size());
  return bytes / (1 << 20);
}

// {"adam_gb_s": 20.1, ...}, beside what a plain copy reaches.
Json measure_optimizers() {
  Json figures{{"workload", "optimizers"}, {"engine", "cornu"}};
  const auto add = [&](const OptimizerStep& step) { figures[step.name + "_gb_s"] = step.bytes / latency(step.run) / 1e3; };
  add(copy_step());
  for_each_optimizer(add);
  return figures;
}

Json measure(const std::string& name) {
  if (name == "optimizers") return measure_optimizers();
  if (const auto step = layer_step(name)) return {{"workload", name}, {"engine", "cornu"}, {"gradients_us", latency(step)}};
  if (name == "load") return measure_load();
  const Workload w = workload(name);
  Json figures{{"workload", w.name}, {"engine", "cornu"}};
  if (w.model.optimizer()) measure_training(w, figures);
  measure_prediction(w, figures);
  figures["data_mb"] = megabytes(w.x) + megabytes(w.y);
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  figures["rss_mb"] = usage.ru_maxrss / 1024;
  return figures;
}

void print(const Json& figures) {
  std::printf("%-6s", figures["workload"].get<std::string>().c_str());
  if (figures.contains("load_s")) {
    std::printf(" %.1f MB in %.3f s, %.2f times reading and checksumming them\n", figures["file_mb"].get<double>(),
                figures["load_s"].get<double>(), figures["ratio"].get<double>());
    return;
  }
  if (figures.contains("device")) std::printf(" %-6s", figures["device"].get<std::string>().c_str());
  if (figures["workload"] == "optimizers") {
    for (const auto& [key, value] : figures.items())
      if (value.is_number()) std::printf("\n  %-22s %6.1f", key.c_str(), value.get<double>());
    std::printf("\n");
    return;
  }
  if (figures.contains("gradients_us")) {
    std::printf(" gradients %9.1f us\n", figures["gradients_us"].get<double>());
    return;
  }
  if (figures.contains("step_us"))
    std::printf(" %9.1f us a step   first step %6.3f s  ", figures["step_us"].get<double>(),
                figures["first_step_s"].get<double>());
  std::printf(" one row %7.1f us (model(x): %.1f us)   %4lld MB\n", figures["predict1_us"].get<double>(),
              figures["call1_us"].get<double>(), figures["rss_mb"].get<long long>());
}

struct BenchOptions {
  std::vector<std::string> names;
  std::string compare;
  bool json = false;
  std::shared_ptr<std::string> device;
};

// Those of the list that are there. The others are named on stderr, with the reason. DeviceError: none is there.
std::vector<std::string> devices_of(const std::string& list) {
  std::vector<std::string> present;
  std::string missing;
  std::stringstream names(list);
  for (std::string name; std::getline(names, name, ',');) {
    const std::string reason = why_missing(device_name(name));
    if (reason.empty()) present.push_back(name);
    else missing += fmt::format("{}{} is left out. {}", missing.empty() ? "" : " ", name, reason);
  }
  if (present.empty()) throw error<DeviceError>("None of the devices to compare is there: {}", missing);
  if (!missing.empty()) std::fprintf(stderr, "cornu: %s\n", missing.c_str());
  return present;
}

int bench(const BenchOptions& o) {
  choose_device(*o.device);
  const auto names = o.names.empty() ? std::vector<std::string>{"mlp", "cnn"} : o.names;
  auto show = [&](const Json& figures) {
    if (o.json) std::cout << figures.dump() << std::endl;
    else print(figures);
  };
  if (o.compare.empty()) {
    for (const auto& name : names) show(measure(name));
    return 0;
  }
  for (const auto& device : devices_of(o.compare)) {
    const auto scope = cornu::device(device_name(device));
    for (const auto& name : names) {
      Json figures = measure(name);
      figures["device"] = device;
      show(figures);
    }
  }
  return 0;
}

}  // namespace

void add_bench(CLI::App& app, Run& run) {
  auto* verb = app.add_subcommand("bench", "In-process figures of this machine");
  auto o = std::make_shared<BenchOptions>();
  verb->add_option("NAME", o->names,
                   "mlp, cnn, load (a file of 100 MB), optimizers, a layer (" +
                       fmt::format("{}", fmt::join(layer_workloads(), ", ")) +
                       "), or a model of yours: .keras, .json (default: mlp and cnn)");
  verb->add_option("--compare", o->compare, "The same on each of these devices: cpu,gpu:0");
  verb->add_flag("--json", o->json, "Print a JSON object a line");
  o->device = add_device_option(*verb);
  verb->callback([=, &run] { run = [=] { return bench(*o); }; });
}

}  // namespace cornu::cli
