#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>

#include "cli/data.h"

namespace cornu::cli {
namespace {

using Clock = std::chrono::steady_clock;
using Json = nlohmann::ordered_json;
using namespace keras::layers;

double microseconds_since(Clock::time_point start) { return std::chrono::duration<double, std::micro>(Clock::now() - start).count(); }
double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + values.size() / 2, values.end());
  return values[values.size() / 2];
}

struct Workload {
  const char* name;
  keras::Model (*model)();
  Shape input;
  int64_t examples, batch_size;
};

// The workloads of the peers in bench/peers: the same layers, sizes, optimizer and metric.
keras::Model mlp() {
  return keras::Sequential({Dense(128, {.activation = "relu", .input_shape = {784}}), Dense(10, {.activation = "softmax"})});
}
keras::Model cnn() {
  return keras::Sequential({Conv2D(32, 3, {.activation = "relu", .input_shape = {28, 28, 1}}), MaxPooling2D(), Conv2D(64, 3, {.activation = "relu"}),
                            MaxPooling2D(), Flatten(), Dropout(0.5), Dense(10, {.activation = "softmax"})});
}
const Workload workloads[] = {{"mlp", mlp, {784}, 12000, 32}, {"cnn", cnn, {28, 28, 1}, 4096, 64}};

Tensor rows(int64_t count, const Shape& example) {
  Shape shape{count};
  for (int64_t dim : example) shape.push_back(dim);
  const Tensor x = keras::random::uniform(shape);
  evaluate({x});
  return x;
}

Json measure(const Workload& w) {
  const Tensor x = rows(w.examples, w.input);
  const Tensor y = keras::utils::to_categorical(keras::random::randint({w.examples}, 0, 10), 10);
  const auto model = w.model();
  model.compile({.optimizer = "adam", .loss = "categorical_crossentropy", .metrics = {"accuracy"}});
  const int64_t steps = (w.examples + w.batch_size - 1) / w.batch_size;
  auto epoch = [&](const Tensor& inputs, const Tensor& targets) {
    const auto start = Clock::now();
    model.fit(inputs, targets, {.batch_size = w.batch_size, .verbose = 0});
    return microseconds_since(start);
  };
  const double first = epoch(keras::ops::slice(x, std::vector<int64_t>(x.rank(), 0), [&] { Shape s = x.shape(); s[0] = w.batch_size; return s; }()),
                             keras::ops::slice(y, {0, 0}, {w.batch_size, 10}));
  epoch(x, y);
  std::vector<double> times;
  for (int i = 0; i < 5; ++i) times.push_back(epoch(x, y) / static_cast<double>(steps));

  Shape one_shape = x.shape();
  one_shape[0] = 1;
  const Tensor one = keras::ops::slice(x, std::vector<int64_t>(x.rank(), 0), one_shape);
  std::vector<double> calls;
  for (int i = 0; i < 2000; ++i) {
    const auto start = Clock::now();
    model.predict_on_batch(one).data();
    if (i >= 100) calls.push_back(microseconds_since(start));
  }
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return {{"workload", w.name}, {"engine", "cornu"}, {"step_us", *std::min_element(times.begin(), times.end())}, {"step_us_median", median(times)},
          {"first_step_s", first / 1e6}, {"call1_us", median(calls)}, {"rss_mb", usage.ru_maxrss / 1024}};
}

}  // namespace

void add_bench(CLI::App& app, Run& run) {
  auto* verb = app.add_subcommand("bench", "In-process figures of this machine");
  auto names = std::make_shared<std::vector<std::string>>();
  auto json = std::make_shared<bool>(false);
  verb->add_option("NAME", *names, "Workloads: mlp, cnn (default: all)");
  verb->add_flag("--json", *json, "Print JSON lines");
  verb->callback([=, &run] {
    run = [=] {
      for (const Workload& w : workloads) {
        if (!names->empty() && std::find(names->begin(), names->end(), w.name) == names->end()) continue;
        const Json figures = measure(w);
        if (*json) std::cout << figures.dump() << '\n';
        else
          std::printf("%-6s %9.1f us a step   first step %6.3f s   one row %7.1f us   %4lld MB\n", w.name, figures["step_us_median"].get<double>(),
                      figures["first_step_s"].get<double>(), figures["call1_us"].get<double>(), figures["rss_mb"].get<long long>());
      }
      return 0;
    };
  });
}

}  // namespace cornu::cli
