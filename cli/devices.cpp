#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cornu/device/config.h"
#include "cornu/device/doctor.h"
#include "cornu/device/gpu_checks.h"

namespace cornu::cli {
namespace {

int devices(bool json) {
  const auto physical = config::list_physical_devices();
  const auto logical = config::list_logical_devices();
  if (json) {
    nlohmann::ordered_json out{{"physical", nlohmann::json::array()}, {"logical", nlohmann::json::array()}};
    for (const auto& device : physical) {
      const auto details = config::get_device_details(device);
      out["physical"].push_back(
          {{"name", device.name}, {"device_type", device.device_type}, {"memory_limit", device.memory_limit}});
      if (!details.device_name.empty()) out["physical"].back()["device_name"] = details.device_name;
      if (details.compute_capability) out["physical"].back()["compute_capability"] = *details.compute_capability;
      const std::pair<const char*, std::string> texts[] = {{"pci_bus_id", details.pci_bus_id},
                                                           {"uuid", details.uuid},
                                                           {"driver_version", details.driver_version},
                                                           {"cuda_version", details.cuda_version}};
      if (details.total_memory > 0) out["physical"].back()["total_memory"] = details.total_memory;
      for (const auto& [key, text] : texts)
        if (!text.empty()) out["physical"].back()[key] = text;
    }
    for (const auto& device : logical) out["logical"].push_back({{"name", device.name}, {"device_type", device.device_type}});
    std::cout << out.dump(2) << '\n';
    return 0;
  }
  for (const auto& device : physical) {
    const auto details = config::get_device_details(device);
    std::printf("%-24s %-4s %8.1f GiB", device.name.c_str(), device.device_type.c_str(),
                static_cast<double>(device.memory_limit) / (1 << 30));
    if (!details.device_name.empty()) std::printf("  %s", details.device_name.c_str());
    if (details.compute_capability)
      std::printf(", compute capability %d.%d", details.compute_capability->first, details.compute_capability->second);
    std::printf("\n");
  }
  for (const auto& device : logical) std::printf("%-24s %s\n", device.name.c_str(), device.device_type.c_str());
  if (const std::string why = devices::why_no_gpu(); !why.empty())
    std::printf("GPU: %s (%s)\n", config::list_physical_devices("GPU").empty() ? "none" : "not used", why.c_str());
  return 0;
}

}  // namespace

void add_devices(CLI::App& app, Run& run) {
  auto* verb = app.add_subcommand("devices", "Physical and logical devices");
  auto json = std::make_shared<bool>(false);
  verb->add_flag("--json", *json, "Print JSON");
  verb->callback([=, &run] { run = [=] { return devices(*json); }; });
}

void add_doctor(CLI::App& app, Run& run) {
  auto* verb = app.add_subcommand("doctor", "Says whether a GPU is usable, and if not, the one cause and its fix");
  auto json = std::make_shared<bool>(false);
  verb->add_flag("--json", *json, "Print JSON");
  verb->callback([=, &run] {
    run = [=] {
      const auto report = devices::examine();
      std::cout << (*json ? devices::to_json(report).dump(2) + "\n" : devices::to_text(report));
      return report.exit_status();
    };
  });
}

}  // namespace cornu::cli
