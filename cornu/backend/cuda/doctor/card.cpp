#include "cornu/backend/cuda/doctor/card.h"

#include <fmt/format.h>

#include <fstream>
#include <utility>

#include "cornu/backend/cuda/library/nvml.h"

namespace cornu::cuda {
namespace {

using devices::Check;
using Status = devices::CheckStatus;

// A card of NVML's, which is initialised while this lives.
class Card {
 public:
  explicit Card(const std::string& pci_bus_id) {
    if (!opened<Nvml>().problem.empty()) return;
    initialized_ = nvml_.nvmlInit_v2() == NVML_SUCCESS;
    if (initialized_ && nvml_.nvmlDeviceGetHandleByPciBusId_v2(pci_bus_id.c_str(), &card_) != NVML_SUCCESS) card_ = nullptr;
  }
  ~Card() {
    if (initialized_) nvml_.nvmlShutdown();
  }
  Card(const Card&) = delete;
  Card& operator=(const Card&) = delete;

  bool is_known() const { return card_ != nullptr; }
  std::optional<nvmlMemory_t> memory() const {
    nvmlMemory_t memory{};
    return nvml_.nvmlDeviceGetMemoryInfo(card_, &memory) == NVML_SUCCESS ? std::optional(memory) : std::nullopt;
  }
  std::vector<nvmlProcessInfo_t> processes() const {
    std::vector<nvmlProcessInfo_t> processes(64);
    for (;;) {
      auto count = static_cast<unsigned>(processes.size());
      const nvmlReturn_t result = nvml_.nvmlDeviceGetComputeRunningProcesses_v3(card_, &count, processes.data());
      const bool is_short = result == NVML_ERROR_INSUFFICIENT_SIZE && count > processes.size();
      processes.resize(result == NVML_SUCCESS || is_short ? count : 0);
      if (!is_short) return processes;
    }
  }
  unsigned long long throttle_reasons() const {
    unsigned long long reasons = 0;
    return nvml_.nvmlDeviceGetCurrentClocksThrottleReasons(card_, &reasons) == NVML_SUCCESS ? reasons : 0;
  }
  std::string driver_version() const {
    char version[96] = {};
    return nvml_.nvmlSystemGetDriverVersion(version, sizeof version) == NVML_SUCCESS ? version : "of an unknown version";
  }
  std::string modes() const {
    nvmlEnableState_t state{}, pending{};
    std::string text;
    if (nvml_.nvmlDeviceGetPersistenceMode(card_, &state) == NVML_SUCCESS)
      text +=
          state == NVML_FEATURE_ENABLED ? ", persistence mode on" : ", persistence mode off: each first use starts the card anew";
    if (nvml_.nvmlDeviceGetEccMode(card_, &state, &pending) == NVML_SUCCESS)
      text += state == NVML_FEATURE_ENABLED ? ", ECC on" : ", ECC off";
    return text;
  }

 private:
  const Nvml& nvml_ = opened<Nvml>().table;
  bool initialized_ = false;
  nvmlDevice_t card_ = nullptr;
};

// "python3 (1234): 600 MiB". In a container the processes of others have no name here.
std::string holder(const nvmlProcessInfo_t& process) {
  constexpr unsigned long long kUnknown = ~0ULL;
  std::string name = "another process";
  std::ifstream file(fmt::format("/proc/{}/comm", process.pid));
  std::getline(file, name);
  return fmt::format("{} ({}){}", name, process.pid,
                     process.usedGpuMemory == kUnknown ? "" : fmt::format(": {} MiB", process.usedGpuMemory >> 20));
}

Check memory_check(const Card& card, const std::string& bus) {
  const auto memory = card.memory();
  if (!memory) return {Status::skip, "gpu memory", bus + ": the driver does not tell"};
  std::string fact = fmt::format("{}: {} of {} MiB free", bus, memory->free >> 20, memory->total >> 20);
  const char* separator = "; held by ";
  for (const nvmlProcessInfo_t& process : card.processes()) fact += std::exchange(separator, ", ") + holder(process);
  if (memory->free >= memory->total / 2) return {Status::ok, "gpu memory", fact};
  return {Status::warn, "gpu memory", fact, "end the programs that hold it, or use another GPU (CUDA_VISIBLE_DEVICES)"};
}

Check clock_check(const Card& card, const std::string& bus) {
  constexpr auto kHot = kThrottleSoftwareThermal | kThrottleHardwareThermal;
  constexpr auto kBroken = kThrottleHardwareSlowdown | kThrottleHardwarePowerBrake;
  const unsigned long long reasons = card.throttle_reasons();
  if (reasons & kHot) return {Status::warn, "gpu clocks", bus + ": held down because the card is too hot", "cool the machine"};
  if (reasons & kBroken)
    return {Status::warn, "gpu clocks", bus + ": held down by the hardware, mostly for want of power",
            "check the card's power cables and supply"};
  return {Status::ok, "gpu clocks", bus + ": not held down"};
}

}  // namespace

std::optional<int64_t> free_memory(const std::string& pci_bus_id) {
  const Card card(pci_bus_id);
  const auto memory = card.is_known() ? card.memory() : std::nullopt;
  return memory ? std::optional(static_cast<int64_t>(memory->free)) : std::nullopt;
}

std::vector<Check> card_checks(const std::string& pci_bus_id) {
  const Card card(pci_bus_id);
  if (!card.is_known()) {
    const std::string& problem = opened<Nvml>().problem;
    return {{Status::skip, "card", problem.empty() ? fmt::format("NVML does not know {}", pci_bus_id) : problem}};
  }
  return {{Status::ok, "card", fmt::format("{}: driver {}{}", pci_bus_id, card.driver_version(), card.modes())},
          memory_check(card, pci_bus_id),
          clock_check(card, pci_bus_id)};
}

}  // namespace cornu::cuda
