#include "cornu/device/build_info.h"

#include "cornu/base/python_names.h"
#include "cornu/device/config.h"
#include "cornu/device/context.h"
#include "cornu/target/target.h"

namespace cornu {
namespace {

std::map<std::string, std::string (*)()>& runtime_versions() {
  static std::map<std::string, std::string (*)()> versions;
  return versions;
}

std::string text_of(bool value) { return value ? "true" : "false"; }

#if defined(__clang__)
constexpr const char* kCompiler = "clang " __clang_version__;
#else
constexpr const char* kCompiler = "gcc " __VERSION__;
#endif

}  // namespace

namespace sysconfig {

PYTHON_NAMES("tf.sysconfig.get_build_info");
std::map<std::string, std::string> get_build_info() {
  return {{"is_cuda_build", text_of(test::is_built_with_cuda())},
          {"is_rocm_build", text_of(test::is_built_with_rocm())},
          {"is_tensorrt_build", text_of(false)},
          {"cpu_compiler", kCompiler}};
}

std::map<std::string, std::string> get_runtime_info() {
  const CpuProperties& cpu = Target::host().cpu;
  std::map<std::string, std::string> info{{"cpu_isa", std::string(to_string(cpu.isa))}, {"cpu_cores", std::to_string(cpu.cores)}};
  for (const auto& [name, version] : runtime_versions())
    if (std::string text = version(); !text.empty()) info[name] = std::move(text);
  return info;
}

}  // namespace sysconfig

namespace test {

PYTHON_NAMES("tf.test.is_built_with_cuda");
bool is_built_with_cuda() { return devices::Context::current().has_provider("GPU"); }
PYTHON_NAMES("tf.test.is_built_with_gpu_support");
bool is_built_with_gpu_support() { return is_built_with_cuda() || is_built_with_rocm(); }
PYTHON_NAMES("tf.test.is_built_with_rocm");
bool is_built_with_rocm() { return false; }
PYTHON_NAMES("tf.test.is_built_with_xla");
bool is_built_with_xla() { return false; }
PYTHON_NAMES("tf.test.is_gpu_available");
bool is_gpu_available() { return !gpu_device_name().empty(); }

PYTHON_NAMES("tf.test.gpu_device_name");
std::string gpu_device_name() {
  const auto gpus = config::list_logical_devices("GPU");
  return gpus.empty() || !is_built_with_cuda() ? "" : gpus.front().name;
}

}  // namespace test

namespace devices {

bool register_runtime_info(std::string_view name, std::string (*version)()) {
  return runtime_versions().emplace(name, version).second;
}

}  // namespace devices
}  // namespace cornu
