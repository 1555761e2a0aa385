#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "cornu/device/context.h"

// For tests: a machine with GPUs, whichever machine this is.
namespace cornu::devices {

struct FakeGpu {
  int64_t total_memory = int64_t{8} << 30;
  int64_t free_memory = int64_t{7} << 30;
};

class FakeProvider : public DeviceProvider {
 public:
  FakeProvider(std::vector<FakeGpu> gpus, std::vector<Check> checks = {}, bool is_chosen = true)
      : gpus_(std::move(gpus)), checks_(std::move(checks)), is_chosen_(is_chosen) {}
  std::string_view device_type() const override { return "GPU"; }
  std::vector<FoundDevice> list() override {
    std::vector<FoundDevice> found;
    for (int id = 0; id < std::ssize(gpus_); ++id)
      found.push_back({id,
                       gpus_[id].total_memory,
                       {.device_name = "NVIDIA H200",
                        .compute_capability = std::pair(9, 0),
                        .pci_bus_id = "0000:1b:00.0",
                        .uuid = "GPU-1234"}});
    return found;
  }
  std::optional<int64_t> free_memory(int id) override { return gpus_[id].free_memory; }
  std::vector<Check> checks() override { return checks_; }
  bool is_chosen() const override { return is_chosen_; }

 private:
  std::vector<FakeGpu> gpus_;
  std::vector<Check> checks_;
  bool is_chosen_;
};

// The CPU alone, and the CPU with these GPUs.
inline std::vector<std::unique_ptr<DeviceProvider>> cpu_only() {
  auto providers = make_providers();
  providers.resize(1);
  return providers;
}
inline std::vector<std::unique_ptr<DeviceProvider>> with_gpus(std::vector<FakeGpu> gpus, std::vector<Check> checks = {}) {
  auto providers = cpu_only();
  providers.push_back(std::make_unique<FakeProvider>(std::move(gpus), std::move(checks)));
  return providers;
}
// A GPU that is used only where it is asked for.
inline std::vector<std::unique_ptr<DeviceProvider>> with_idle_gpu() {
  auto providers = cpu_only();
  providers.push_back(std::make_unique<FakeProvider>(std::vector<FakeGpu>(1), std::vector<Check>(), false));
  return providers;
}
inline std::vector<std::unique_ptr<DeviceProvider>> two_gpus() { return with_gpus({{}, {}}); }

}  // namespace cornu::devices
