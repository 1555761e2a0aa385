#pragma once

#include <map>
#include <string>
#include <string_view>

#include "cornu/base/api.h"

namespace cornu::sysconfig {

// How the library was built: "is_cuda_build", "is_rocm_build", "is_tensorrt_build" ("true" or "false"), "cpu_compiler".
CORNU_API std::map<std::string, std::string> get_build_info();
// What it runs with: "cpu_isa", "cpu_cores", and the version of every library that a backend uses ("onednn": "3.4.1"). Where there is a
// CUDA driver: "cuda_driver" and "cuda_driver_path". Where a GPU is listed, NVIDIA's libraries are opened for "nvrtc", "cublas_lt",
// "cudnn", and the file of each ("cudnn_path").
CORNU_API std::map<std::string, std::string> get_runtime_info();

}  // namespace cornu::sysconfig

// tf.test.
namespace cornu::test {

CORNU_API bool is_built_with_cuda();
CORNU_API bool is_built_with_gpu_support();
CORNU_API bool is_built_with_rocm();
CORNU_API bool is_built_with_xla();
// "/device:GPU:0", or "" without a GPU. Initialises the runtime.
CORNU_API std::string gpu_device_name();
// Use list_physical_devices("GPU"): it asks the same and takes nothing from the machine.
[[deprecated("use config::list_physical_devices(\"GPU\")")]] CORNU_API bool is_gpu_available();

}  // namespace cornu::test

namespace cornu::devices {

// Called by a backend while the library is loaded: its line of get_runtime_info. An empty version leaves the line out.
bool register_runtime_info(std::string_view name, std::string (*version)());

}  // namespace cornu::devices
