#include <sys/resource.h>

#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>

#include "cli/bench_compare.h"
#include "cli/bench_layers.h"
#include "cli/bench_load.h"
#include "cli/bench_optimizers.h"
#include "cli/bench_timing.h"
#include "cli/bench_workloads.h"
#include "cli/device.h"
#include "cli/dtype_policy.h"
#include "cli/usage.h"

namespace cornu::cli {
namespace {

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
  const int64_t larger = w.batch_size * 3 / 2;
  figures["new_batch_s"] = one_step(larger <= w.examples ? larger : (w.batch_size + 1) / 2) / 1e6;
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

Json measure(const std::string& name, WorkloadSize size) {
  if (name == "optimizers") return measure_optimizers();
  if (const auto step = layer_step(name)) return {{"workload", name}, {"engine", "cornu"}, {"gradients_us", latency(step)}};
  if (name == "load") return measure_load();
  const Workload w = workload(name, size);
  Json figures{{"workload", w.name}, {"engine", "cornu"}, {"batch_size", w.batch_size}};
  if (w.model.optimizer()) measure_training(w, figures);
  measure_prediction(w, figures);
  figures["data_mb"] = megabytes(w.x) + megabytes(w.y);
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  figures["rss_mb"] = usage.ru_maxrss / 1024;
  return figures;
}

void print(const Json& figures) {
  std::printf("%-8s", figures["workload"].get<std::string>().c_str());
  if (figures.contains("load_s")) {
    std::printf(" %.1f MB in %.3f s, %.2f times reading and checksumming them\n", figures["file_mb"].get<double>(),
                figures["load_s"].get<double>(), figures["ratio"].get<double>());
    return;
  }
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
    std::printf(" %9.1f us a step of %lld   first step %6.3f s  ", figures["step_us"].get<double>(),
                figures["batch_size"].get<long long>(), figures["first_step_s"].get<double>());
  std::printf(" one row %7.1f us (model(x): %.1f us)   %4lld MB\n", figures["predict1_us"].get<double>(),
              figures["call1_us"].get<double>(), figures["rss_mb"].get<long long>());
}

struct BenchOptions {
  std::vector<std::string> names;
  std::vector<int64_t> batch_sizes;
  int64_t steps = 0;
  std::string compare;
  bool json = false;
  std::shared_ptr<std::string> device, dtype_policy;
};

int bench(const BenchOptions& o) {
  set_default_dtype_policy(*o.dtype_policy);
  if (!o.compare.empty())
    return compare_devices({.devices = o.compare, .names = o.names, .batch_sizes = o.batch_sizes, .json = o.json});
  choose_device(*o.device);
  const auto names = o.names.empty() ? std::vector<std::string>{"mlp", "cnn"} : o.names;
  const auto batch_sizes = o.batch_sizes.empty() ? std::vector<int64_t>{0} : o.batch_sizes;
  for (const auto& name : names)
    for (const int64_t batch_size : batch_sizes) {
      const Json figures = measure(name, {.batch_size = batch_size, .steps = o.steps});
      if (o.json) std::cout << figures.dump() << std::endl;
      else print(figures);
    }
  return 0;
}

}  // namespace

void add_bench(CLI::App& app, Run& run) {
  auto* verb = app.add_subcommand("bench", "In-process figures of this machine");
  auto o = std::make_shared<BenchOptions>();
  verb->add_option("NAME", o->names,
                   fmt::format("{}; load (a file of 100 MB), optimizers, or a layer: {} (default: mlp and cnn)", workload_names(),
                               fmt::join(layer_workloads(), ", ")));
  verb->add_option("--compare", o->compare,
                   "Train and predict on each of these devices (cpu,gpu:0), and print from which batch on the others pay");
  verb->add_option("--batch-size", o->batch_sizes, "Examples a step; several with commas between")
      ->delimiter(',')
      ->check(at_least_one());
  verb->add_option("--steps", o->steps, "Steps an epoch (default: those of the workload's data)")->check(at_least_one());
  o->dtype_policy = add_dtype_policy_option(*verb);
  verb->add_flag("--json", o->json, "Print a JSON object a line");
  o->device = add_device_option(*verb);
  verb->callback([=, &run] { run = [=] { return bench(*o); }; });
}

}  // namespace cornu::cli
