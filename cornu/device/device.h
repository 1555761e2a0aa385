#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <utility>

#include "cornu/base/api.h"

namespace cornu::config {

// A device of the machine as the platform numbers it, before any configuration. Equal by name and type, so one made by
// hand is as good as one that was listed.
struct CORNU_API PhysicalDevice {
  std::string name;          // "/physical_device:GPU:0"
  std::string device_type;   // "GPU"
  int64_t memory_limit = 0;  // bytes: the limit configured for its logical devices together, else all it has
  friend bool operator==(const PhysicalDevice& a, const PhysicalDevice& b) {
    return a.name == b.name && a.device_type == b.device_type;
  }
};

// A device that tensors live on: a physical one, or a part of one.
struct CORNU_API LogicalDevice {
  std::string name;         // "/device:GPU:0"
  std::string device_type;  // "GPU"
  friend bool operator==(const LogicalDevice&, const LogicalDevice&) = default;
};

// One logical device on a physical one.
struct CORNU_API LogicalDeviceConfiguration {
  std::optional<double> memory_limit;              // MiB; required on a GPU, not supported on a CPU
  std::optional<int> experimental_priority;        // of its streams, lower is more urgent; set for all or none
  std::optional<int> experimental_device_ordinal;  // lower ordinals get lower logical ids; set for all or none
  friend bool operator==(const LogicalDeviceConfiguration&, const LogicalDeviceConfiguration&) = default;
};
using VirtualDeviceConfiguration = LogicalDeviceConfiguration;

// What is known of a physical device without using it; all empty for a CPU.
struct CORNU_API DeviceDetails {
  std::string device_name;                                // "NVIDIA H200"
  std::optional<std::pair<int, int>> compute_capability;  // {9, 0}
  int64_t total_memory = 0;                               // bytes
  std::string pci_bus_id;                                 // "0000:1b:00.0"
  std::string uuid;                                       // "GPU-...", of a slice of a card "MIG-..."
  std::string driver_version;                             // of the kernel module, "580.65.06"; empty if it does not tell
  std::string cuda_version;                               // the newest that the driver runs: "13.0"
  friend bool operator==(const DeviceDetails&, const DeviceDetails&) = default;
};

// Bytes in use by tensors now, and the most since the start or the last reset.
struct CORNU_API MemoryInfo {
  int64_t current = 0;
  int64_t peak = 0;
};

// PhysicalDevice(name='/physical_device:GPU:0', device_type='GPU')
CORNU_API std::string to_string(const PhysicalDevice& device);
CORNU_API std::string to_string(const LogicalDevice& device);
CORNU_API std::ostream& operator<<(std::ostream& out, const PhysicalDevice& device);
CORNU_API std::ostream& operator<<(std::ostream& out, const LogicalDevice& device);

}  // namespace cornu::config
