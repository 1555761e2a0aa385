#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace cornu::cli {

struct CompareOptions {
  std::string devices;             // cpu,gpu:0: the others beside the first
  std::vector<std::string> names;  // of workloads; some sizes of networks by default
  std::vector<int64_t> batch_sizes;
  bool json;
};
// Trains and predicts on each device over the sizes of models and batches. DeviceError: one is not there, with the reason.
int compare_devices(const CompareOptions& options);

}  // namespace cornu::cli
