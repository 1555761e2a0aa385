#pragma once

#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cornu/base/api.h"
#include "cornu/device/device.h"

// tf.config. Listing and configuring devices takes nothing from the machine. The runtime initialises itself once: with
// the first tensor, device scope, list_logical_devices or get_memory_info. Later changes are a RuntimeError that says
// what initialised it; setting what is set already never is.
namespace cornu::config {

// The machine's devices, CPU first. An empty type means every type; an unknown one gives an empty list. A missing
// driver or library makes the list shorter and is never an error (`cornu doctor` says what is missing).
CORNU_API std::vector<PhysicalDevice> list_physical_devices(std::string_view device_type = "");
// The devices that tensors live on. Initialises the runtime.
CORNU_API std::vector<LogicalDevice> list_logical_devices(std::string_view device_type = "");

// Which physical devices the runtime uses; the order of the GPUs is the order of their logical ids. With a type only
// that type's devices are replaced, without one all are. ValueError: not a listed device of that type.
CORNU_API std::vector<PhysicalDevice> get_visible_devices(std::string_view device_type = "");
CORNU_API void set_visible_devices(const std::vector<PhysicalDevice>& devices, std::string_view device_type = "");
void set_visible_devices(const std::same_as<PhysicalDevice> auto& device, std::string_view device_type = "") {
  set_visible_devices(std::vector{device}, device_type);
}

// Whether a GPU's memory is taken as needed (true) or up to its limit at once (false), each GPU for itself and with or
// without a memory limit. get returns false until set was called; a GPU for which nothing was set grows.
// TF_FORCE_GPU_ALLOW_GROWTH=true|false overrides every setting. ValueError: a CPU, or not a listed device.
CORNU_API bool get_memory_growth(const PhysicalDevice& device);
CORNU_API void set_memory_growth(const PhysicalDevice& device, bool enable);

// How a physical device is divided into logical ones; an empty list (nullopt from get) means one device of all its
// memory.
//   set_logical_device_configuration(gpus[0], {{.memory_limit = 1024}, {.memory_limit = 2048}});
// ValueError: a CPU with any option, a GPU without a memory limit or with one that exceeds its memory, not a listed device.
CORNU_API std::optional<std::vector<LogicalDeviceConfiguration>> get_logical_device_configuration(const PhysicalDevice& device);
CORNU_API void set_logical_device_configuration(const PhysicalDevice& device,
                                                const std::vector<LogicalDeviceConfiguration>& logical_devices);

// ValueError: not a listed device.
CORNU_API DeviceDetails get_device_details(const PhysicalDevice& device);

// Memory of a logical device ("GPU:0", "/device:CPU:0"), as its allocator counts it. These initialise the runtime.
// ValueError: no such device, or a name without an index.
CORNU_API MemoryInfo get_memory_info(std::string_view device);
CORNU_API void reset_memory_stats(std::string_view device);   // peak = current
CORNU_API int64_t get_memory_usage(std::string_view device);  // get_memory_info(device).current

// Whether work for a device that does not exist runs on one that does, with a warning, or is a ValueError. Default
// true.
CORNU_API void set_soft_device_placement(bool enabled);
CORNU_API bool get_soft_device_placement();

// Whether float32 matrix products and convolutions on a GPU may round their inputs to TensorFloat-32. Default true.
CORNU_API void enable_tensor_float_32_execution(bool enabled);
CORNU_API bool tensor_float_32_execution_enabled();

// From here on the same program with the same seeds gives the same bits.
CORNU_API void enable_op_determinism();
CORNU_API void disable_op_determinism();
CORNU_API bool is_op_determinism_enabled();

// What happens when an op's input lives on another device: "silent" (copy; the default), "silent_for_int32", "warn" or
// "explicit" (an error). "" means the default. Each thread has its own. ValueError: any other word.
CORNU_API void set_device_policy(std::string_view device_policy);
CORNU_API std::string get_device_policy();

namespace threading {

// Threads of one op, and of ops that run side by side; 0, the default, lets the runtime choose.
CORNU_API void set_intra_op_parallelism_threads(int num_threads);
CORNU_API int get_intra_op_parallelism_threads();
CORNU_API void set_inter_op_parallelism_threads(int num_threads);
CORNU_API int get_inter_op_parallelism_threads();

}  // namespace threading

// The names that TensorFlow keeps here.
namespace experimental {

using config::enable_op_determinism;
using config::enable_tensor_float_32_execution;
using config::get_device_details;
using config::get_device_policy;
using config::get_memory_growth;
using config::get_memory_info;
using config::get_memory_usage;
using config::get_visible_devices;
using config::is_op_determinism_enabled;
using config::list_logical_devices;
using config::list_physical_devices;
using config::reset_memory_stats;
using config::set_device_policy;
using config::set_memory_growth;
using config::set_visible_devices;
using config::tensor_float_32_execution_enabled;
using config::VirtualDeviceConfiguration;
inline constexpr auto& get_virtual_device_configuration = config::get_logical_device_configuration;
inline constexpr auto& set_virtual_device_configuration = config::set_logical_device_configuration;

}  // namespace experimental
}  // namespace cornu::config

namespace cornu::debugging {

// Writes a line to stderr for every op that runs: which op, and where. Default false; may change at any time.
CORNU_API void set_log_device_placement(bool enabled);
CORNU_API bool get_log_device_placement();

}  // namespace cornu::debugging
