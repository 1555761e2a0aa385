#include "cornu/device/provider.h"

#include <unistd.h>

namespace cornu::devices {
namespace {

class CpuProvider : public DeviceProvider {
 public:
  std::string_view device_type() const override { return "CPU"; }
  std::vector<FoundDevice> list() override {
    return {{.total_memory = int64_t{sysconf(_SC_PHYS_PAGES)} * sysconf(_SC_PAGESIZE)}};
  }
};

// A function's static, so that it is there whichever file's registration runs first.
std::vector<MakeProvider>& registered() {
  static std::vector<MakeProvider> list;
  return list;
}

}  // namespace

bool register_provider(MakeProvider make) {
  registered().push_back(make);
  return true;
}

std::vector<std::unique_ptr<DeviceProvider>> make_providers() {
  std::vector<std::unique_ptr<DeviceProvider>> providers;
  providers.push_back(std::make_unique<CpuProvider>());
  for (MakeProvider make : registered()) providers.push_back(make());
  return providers;
}

}  // namespace cornu::devices
