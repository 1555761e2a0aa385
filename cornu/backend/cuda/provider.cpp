#include "cornu/backend/cuda/provider.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <iterator>
#include <optional>
#include <sstream>

#include "cornu/backend/cuda/device/device_target.h"
#include "cornu/backend/cuda/device/memory.h"
#include "cornu/backend/cuda/device/runtime.h"
#include "cornu/backend/cuda/doctor/card.h"
#include "cornu/backend/cuda/doctor/diagnosis.h"
#include "cornu/backend/cuda/doctor/library_checks.h"
#include "cornu/backend/cuda/doctor/trial.h"
#include "cornu/backend/cuda/library/calls.h"
#include "cornu/backend/cuda/library/cublaslt.h"
#include "cornu/backend/cuda/library/nvrtc.h"
#include "cornu/base/environment.h"
#include "cornu/device/build_info.h"
#include "cornu/device/machine.h"

namespace cornu::cuda {
namespace {

using devices::Check;
using devices::FoundDevice;
using Status = devices::CheckStatus;

// How long cuInit may take. The driver of a machine of many cards starts each of them anew where nothing keeps it (persistence mode).
std::chrono::milliseconds patience() {
  constexpr double kSeconds = 20, kMost = 3600;
  const std::string given = environment("CORNU_DRIVER_PATIENCE").value_or("");
  char* end = nullptr;
  const double seconds = std::strtod(given.c_str(), &end);
  const bool is_given = !given.empty() && *end == '\0' && seconds > 0 && seconds <= kMost;
  return std::chrono::milliseconds(static_cast<int64_t>(1000 * (is_given ? seconds : kSeconds)));
}

// "0 2": cuInit's answer and how many devices there are.
std::string initialize_and_count(const Driver& driver) {
  int count = 0;
  const CUresult result = driver.cuInit(0);
  if (result == CUDA_SUCCESS) driver.cuDeviceGetCount(&count);
  return fmt::format("{} {}", unsigned{result}, count);
}
std::pair<unsigned, int> parse(const std::string& text) {
  std::pair<unsigned, int> result_and_count;
  std::istringstream(text) >> result_and_count.first >> result_and_count.second;
  return result_and_count;
}

// A slice of a card has an identity of its own, and says in its name that it is one.
std::string uuid_of(CUdevice device, std::string_view name) {
  CUuuid id{};
  CORNU_DRIVER_CALL(cuDeviceGetUuid_v2, &id, device);
  std::string text = name.find(" MIG ") == name.npos ? "GPU" : "MIG";
  for (int i = 0; i < 16; ++i)
    text += fmt::format("{}{:02x}", i == 0 || i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "",
                        static_cast<unsigned char>(id.bytes[i]));
  return text;
}

// Asks what needs no context.
FoundDevice describe(int ordinal) {
  CUdevice device = 0;
  CORNU_DRIVER_CALL(cuDeviceGet, &device, ordinal);
  std::size_t memory = 0;
  CORNU_DRIVER_CALL(cuDeviceTotalMem_v2, &memory, device);
  char name[256] = {}, bus_id[32] = {};
  CORNU_DRIVER_CALL(cuDeviceGetName, name, sizeof name, device);
  CORNU_DRIVER_CALL(cuDeviceGetPCIBusId, bus_id, sizeof bus_id, device);
  for (char& c : bus_id) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));  // as /sys/bus/pci writes it
  const std::pair capability(attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, device),
                             attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR, device));
  int version = 0;
  CORNU_DRIVER_CALL(cuDriverGetVersion, &version);
  return {ordinal,
          static_cast<int64_t>(memory),
          {.device_name = name,
           .compute_capability = capability,
           .total_memory = static_cast<int64_t>(memory),
           .pci_bus_id = bus_id,
           .uuid = uuid_of(device, name),
           .driver_version = devices::look_for_gpus({}).module_version,
           .cuda_version = version_text(version)}};
}

class CudaProvider : public devices::DeviceProvider {
 public:
  std::string_view device_type() const override { return "GPU"; }
  // What every program needs.
  bool is_chosen() const override { return opened<Nvrtc>().problem.empty() && opened<CublasLt>().problem.empty(); }
  void be_thorough() override { is_thorough_ = true; }

  std::vector<FoundDevice> list() override {
    if (!listed_) {
      listed_ = true;
      try {
        look();
      } catch (const std::exception& e) {
        checks_.push_back({Status::fail, "device", e.what(), "nvidia-smi tells whether the driver sees the GPU"});
      }
    }
    return found_;
  }

  std::vector<Check> checks() override {
    list();
    std::vector<Check> checks = checks_;
    if (!is_thorough_ || found_.empty()) return checks;
    for (const FoundDevice& device : found_)
      std::ranges::move(card_checks(device.details.pci_bus_id), std::back_inserter(checks));
    std::ranges::move(library_checks(), std::back_inserter(checks));
    checks.insert(checks.end(), trials_.begin(), trials_.end());
    return checks;
  }

  std::unique_ptr<devices::MemorySource> open_memory(int id) override { return card_memory(Gpu::at(id)); }

  std::unique_ptr<devices::Runtime> open_runtime(int id, devices::Allocator& memory, int priority) override {
    return std::make_unique<Runtime>(Gpu::at(id), memory, priority);
  }
  Target target(int id) override { return device_target(id); }

  std::optional<int64_t> free_memory(int id) override {
    const auto device = std::ranges::find(found_, id, &FoundDevice::id);
    return device == found_.end() ? std::nullopt : cuda::free_memory(device->details.pci_bus_id);
  }

 private:
  // Adds a line for the doctor; false if nothing further can be asked.
  bool goes_on(Check check) {
    checks_.push_back(std::move(check));
    return checks_.back().status == Status::ok;
  }

  // The driver is initialised in a process of its own first: a hang or an end of the process there stops nothing here.
  void look() {
    const Opened<Driver>& driver = opened<Driver>();
    if (!driver.problem.empty()) {
      checks_.push_back(diagnose_library(driver));
      return;
    }
    int version = 0;
    const bool has_version = driver.table.cuDriverGetVersion(&version) == CUDA_SUCCESS;  // the toolkit's stub has none
    if (has_version && !goes_on(diagnose_version(version, driver.library.path()))) return;
    const Answer answer = ask_in_child([&] { return initialize_and_count(driver.table); }, patience());
    if (answer.end != Answer::End::answered) {
      checks_.push_back(diagnose_end(answer));
      return;
    }
    const auto [result, count] = parse(answer.text);
    if (!goes_on(diagnose_init(result, driver.library.path()))) return;
    if (is_thorough_) trials_ = try_cards(count);
    CORNU_DRIVER_CALL(cuInit, 0);
    add_devices(count);
  }

  void add_devices(int count) {
    for (int ordinal = 0; ordinal < count; ++ordinal) {
      try {
        add_device(describe(ordinal));
      } catch (const DeviceError& e) {
        left_out(fmt::format("GPU {} cannot be used: {}", ordinal, e.what()), "nvidia-smi -q tells of its state");
      }
    }
    // Where no device is left, the first reason is no longer a remark.
    const auto reason = std::ranges::find(checks_, Status::warn, &Check::status);
    if (found_.empty() && reason != checks_.end()) reason->status = Status::fail;
  }

  void add_device(FoundDevice device) {
    const auto [major, minor] = *device.details.compute_capability;
    if (std::pair(major, minor) >= kOldestCard) return found_.push_back(std::move(device));
    left_out(
        fmt::format("{} ({}) is left out: its compute capability is {}.{}, Cornu needs {}.{} or higher",
                    device.details.device_name, device.details.pci_bus_id, major, minor, kOldestCard.first, kOldestCard.second),
        "use a GPU of the Turing generation or a later one");
  }

  void left_out(std::string fact, std::string fix) {
    checks_.push_back({Status::warn, "device", std::move(fact), std::move(fix)});
  }

  bool listed_ = false, is_thorough_ = false;
  std::vector<FoundDevice> found_;
  std::vector<Check> checks_, trials_;
};

std::string driver_version() {
  const Opened<Driver>& driver = opened<Driver>();
  int version = 0;
  if (!driver.problem.empty() || driver.table.cuDriverGetVersion(&version) != CUDA_SUCCESS) return "";
  return version_text(version);
}

[[maybe_unused]] const bool registered[] = {
    devices::register_provider(make_provider), devices::register_runtime_info("cuda_driver", driver_version),
    devices::register_runtime_info("cuda_driver_path", [] { return opened<Driver>().library.path(); })};

}  // namespace

std::unique_ptr<devices::DeviceProvider> make_provider() { return std::make_unique<CudaProvider>(); }

}  // namespace cornu::cuda
