#include "cli/device.h"

#include <charconv>
#include <vector>

#include "cornu/base/errors.h"
#include "cornu/device/config.h"
#include "cornu/device/gpu_checks.h"
#include "cornu/device/scope.h"

namespace cornu::cli {
namespace {

constexpr std::string_view kGpu = "/GPU:";

std::size_t index_of(const std::string& device_name) { return std::stoul(device_name.substr(kGpu.size())); }

}  // namespace

std::shared_ptr<std::string> add_device_option(CLI::App& verb) {
  auto device = std::make_shared<std::string>("auto");
  verb.add_option("--device", *device, "auto, cpu or gpu:N")->capture_default_str();
  return device;
}

std::string device_name(const std::string& option) {
  if (option == "cpu") return "/CPU:0";
  if (option == "gpu") return "/GPU:0";
  const std::string_view number = std::string_view(option).substr(std::min<std::size_t>(4, option.size()));
  unsigned short index = 0;
  const auto [end, failure] = std::from_chars(number.data(), number.data() + number.size(), index);
  if (!option.starts_with("gpu:") || failure != std::errc() || end != number.data() + number.size())
    throw UsageError("a device is auto, cpu or gpu:N. Received: " + option);
  return std::string(kGpu) + std::to_string(index);
}

std::string why_missing(const std::string& device_name) {
  const auto gpus = config::list_physical_devices("GPU");
  if (!device_name.starts_with(kGpu)) return "";
  const bool exists = index_of(device_name) < gpus.size();
  if (exists) return "";
  std::string all;
  for (const auto& device : config::list_physical_devices()) all += (all.empty() ? "" : ", ") + device.name;
  const std::string reason = gpus.empty() ? devices::why_no_gpu() : "this machine has fewer GPUs";
  return fmt::format("Could not satisfy device specification '{}': {}. All available devices [{}].", device_name, reason, all);
}

void choose_device(const std::string& option) {
  if (option == "auto") return;
  const std::string name = device_name(option);
  if (const std::string reason = why_missing(name); !reason.empty())
    throw error<DeviceError>("{} Use --device cpu, or see `cornu doctor`.", reason);
  if (name.starts_with(kGpu)) {
    config::set_visible_devices(config::list_physical_devices("GPU")[index_of(name)], "GPU");
    static const auto* scope = new DeviceScope(cornu::device("/GPU:0"));  // to the end of the program
    (void)scope;
  } else config::set_visible_devices(std::vector<config::PhysicalDevice>{}, "GPU");
}

}  // namespace cornu::cli
