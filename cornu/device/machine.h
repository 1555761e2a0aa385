#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cornu/base/environment.h"

namespace cornu::devices {

// A system's files and environment: this one's, or a test's.
struct Machine {
  std::filesystem::path root = "/";
  std::function<std::optional<std::string>(const char*)> environment = cornu::environment;

  bool has(const char* path) const;
  std::string read(const std::filesystem::path& path) const;  // empty if it cannot be read
  int64_t memory_mib(const std::string& name) const;          // a line of /proc/meminfo: "MemAvailable"; 0 if it is not there
};

// What files and device nodes tell of NVIDIA's GPUs. No library of NVIDIA's is opened.
struct GpuTraces {
  std::vector<std::string> cards;         // on the PCI bus: "0x2330 at 0000:1b:00.0"
  std::string module_version;             // of the loaded kernel module: "570.86.15"
  bool has_nouveau = false;               // the free driver, which has no CUDA
  std::vector<std::string> nodes;         // "/dev/nvidia0"
  std::vector<std::string> closed_nodes;  // those that this user may not open
  bool has_control_node = false;          // /dev/nvidiactl
  bool has_memory_node = false;           // /dev/nvidia-uvm
  bool is_wsl_gpu = false;                // /dev/dxg: Windows's driver serves the GPU
  bool is_container = false;
  std::string libcuda;          // path of the driver's library
  std::string libcuda_version;  // "" if its file name does not tell

  bool any() const { return !cards.empty() || !module_version.empty() || !nodes.empty() || is_wsl_gpu; }
};

GpuTraces look_for_gpus(const Machine& machine);

// How CUDA reads CUDA_VISIBLE_DEVICES: a list that its first entry which names no device ends.
struct VisibleDevices {
  bool hides_all = false;
  std::string bad_entry;  // one that looks like a mistake
};
VisibleDevices parse_visible_devices(const std::string& list);

}  // namespace cornu::devices
