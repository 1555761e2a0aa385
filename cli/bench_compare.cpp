#include "cli/bench_compare.h"

#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>

#include "cli/bench_timing.h"
#include "cli/bench_workloads.h"
#include "cli/device.h"

namespace cornu::cli {
namespace {

// The first is what the others are compared with.
std::vector<std::string> devices_of(const std::string& list) {
  std::vector<std::string> devices;
  std::istringstream names(list);
  for (std::string name; std::getline(names, name, ',');) {
    if (const std::string reason = why_missing(device_name(name)); !reason.empty())
      throw error<DeviceError>("{} cannot be compared. {} See `cornu doctor`.", name, reason);
    devices.push_back(name);
  }
  if (devices.size() < 2) throw UsageError("--compare wants at least two devices: cpu,gpu:0. Received: " + list);
  return devices;
}

// Microseconds of a training step and of a prediction; nothing where it is not trained, or does not fit.
struct Times {
  std::optional<double> step, predict;
  int64_t parameters = 0;
};

Times measure_on(const std::string& device, const std::string& name, int64_t batch_size) {
  constexpr int64_t kMostSteps = 16, kRows = 4096;
  constexpr Repeats kShort{.warm = 3, .least = 3, .most = 200, .seconds = 0.4};
  const auto scope = cornu::device(device_name(device));
  Times out;
  try {
    const int64_t steps = std::clamp(kRows / batch_size, int64_t{2}, kMostSteps);
    const Workload w = workload(name, {.batch_size = batch_size, .steps = steps});
    out.parameters = w.model.count_params();
    const auto epoch = [&] { w.model.fit(w.x, w.y, {.batch_size = batch_size, .verbose = 0}); };
    if (w.model.optimizer()) out.step = latency(epoch, kShort) / static_cast<double>(steps);
    const TensorNest batch = first_rows(w.x, batch_size);
    out.predict = latency([&] { w.model.predict_on_batch_nest(batch); }, kShort);
  } catch (const ResourceExhaustedError&) {
  }
  memory::release_cached();
  return out;
}

// A line that is written over, where somebody looks.
void show_progress(const std::string& text) {
  if (::isatty(STDERR_FILENO)) std::fprintf(stderr, "\r%-60s\r", text.c_str());
}

Json number(const std::optional<double>& value) { return value ? Json(*value) : Json(); }
std::optional<double> ratio(const std::optional<double>& first, const std::optional<double>& other) {
  return first && other ? std::optional(*first / *other) : std::nullopt;
}
std::string cell(const std::optional<double>& value, const char* format) {
  char text[32] = "-";
  if (value) std::snprintf(text, sizeof text, format, *value);
  return text;
}

using TimesOf = std::map<int64_t, std::vector<Times>>;  // by batch size, of the devices in their order

// The least batch from which on a device is ahead of the first; nothing if it is not at the largest.
std::optional<int64_t> pays_from(const TimesOf& all, std::size_t device, std::optional<double> Times::*what) {
  std::optional<int64_t> from;
  for (const auto& [batch, times] : all) {
    const auto gain = ratio(times[0].*what, times[device].*what);
    if (!gain) continue;
    if (*gain <= 1) from.reset();
    else if (!from) from = batch;
  }
  return from;
}

class Comparison {
 public:
  Comparison(std::vector<std::string> devices, bool json) : devices_(std::move(devices)), json_(json) {}

  void print_heading() const {
    if (json_) return;
    std::printf("%-14s %10s %6s", "model", "parameters", "batch");
    for (const char* what : {"step", "predict"}) {
      for (const auto& device : devices_) std::printf(" %12s", fmt::format("{} {}", device, what).c_str());
      for (std::size_t i = 1; i < devices_.size(); ++i) std::printf(" %7s", "ratio");
    }
    std::printf("   microseconds\n");
  }

  void measure(const std::string& name, const std::vector<int64_t>& batch_sizes) {
    TimesOf all;
    for (const int64_t batch : batch_sizes) {
      for (const auto& device : devices_) {
        show_progress(fmt::format("{}, batch {}, on {} ...", name, batch, device));
        all[batch].push_back(measure_on(device, name, batch));
      }
      show_progress("");
      print_row(name, batch, all[batch]);
    }
    print_verdict(name, all);
  }

 private:
  void print_row(const std::string& name, int64_t batch, const std::vector<Times>& times) const {
    if (json_) {
      for (std::size_t i = 0; i < devices_.size(); ++i)
        std::cout << Json{{"workload", name},
                          {"parameters", times[i].parameters},
                          {"batch_size", batch},
                          {"device", devices_[i]},
                          {"step_us", number(times[i].step)},
                          {"step_ratio", number(ratio(times[0].step, times[i].step))},
                          {"predict_us", number(times[i].predict)},
                          {"predict_ratio", number(ratio(times[0].predict, times[i].predict))}}
                         .dump()
                  << std::endl;
      return;
    }
    std::printf("%-14s %10lld %6lld", name.c_str(), static_cast<long long>(times[0].parameters), static_cast<long long>(batch));
    for (const auto what : {&Times::step, &Times::predict}) {
      for (const Times& t : times) std::printf(" %12s", cell(t.*what, "%.1f").c_str());
      for (std::size_t i = 1; i < times.size(); ++i)
        std::printf(" %7s", cell(ratio(times[0].*what, times[i].*what), "%.2f").c_str());
    }
    std::printf("\n");
    std::fflush(stdout);
  }

  void print_verdict(const std::string& name, const TimesOf& all) const {
    for (std::size_t i = 1; i < devices_.size(); ++i) {
      const auto step = pays_from(all, i, &Times::step), predict = pays_from(all, i, &Times::predict);
      if (json_) {
        std::cout << Json{{"workload", name},
                          {"device", devices_[i]},
                          {"training_pays_from", step ? Json(*step) : Json()},
                          {"predicting_pays_from", predict ? Json(*predict) : Json()}}
                         .dump()
                  << std::endl;
        continue;
      }
      const auto words = [&](const char* what, const std::optional<int64_t>& batch) {
        return batch ? fmt::format("in {} from a batch of {} on", what, *batch)
                     : fmt::format("in {} at no batch up to {}", what, all.rbegin()->first);
      };
      const bool is_trained = all.begin()->second[0].step.has_value();
      std::printf("  %s pays %s%s.\n", devices_[i].c_str(), is_trained ? (words("training", step) + ", ").c_str() : "",
                  words("predicting", predict).c_str());
    }
  }

  const std::vector<std::string> devices_;
  const bool json_;
};

}  // namespace

int compare_devices(const CompareOptions& o) {
  Comparison comparison(devices_of(o.devices), o.json);
  const auto names = o.names.empty() ? std::vector<std::string>{"mlp-128", "mlp-1024", "mlp-4096", "cnn"} : o.names;
  const auto batch_sizes = o.batch_sizes.empty() ? std::vector<int64_t>{1, 8, 32, 128, 512, 2048} : o.batch_sizes;
  comparison.print_heading();
  for (const auto& name : names) comparison.measure(name, batch_sizes);
  return 0;
}

}  // namespace cornu::cli
