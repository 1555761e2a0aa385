#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cornu/base/api.h"
#include "cornu/device/allocator.h"
#include "cornu/device/configuration_rules.h"
#include "cornu/device/device.h"
#include "cornu/device/memory_stats.h"
#include "cornu/device/provider.h"

namespace cornu::devices {

// A logical device as the runtime sees it. Made once at initialisation, then at the same address for good.
struct Device {
  config::LogicalDevice logical;
  int index = 0;                        // the number in "/device:GPU:0"
  int physical_id = 0;                  // the number in "/physical_device:GPU:0"
  std::size_t total_memory = 0;         // bytes, of the physical device
  std::optional<int64_t> memory_limit;  // bytes
  bool memory_growth = true;            // else the limit is taken at once
  int priority = 0;
  DeviceProvider* provider = nullptr;
  const std::shared_ptr<MemoryStats> counts = std::make_shared<MemoryStats>();  // memory may outlive the device
  MemoryStats& memory = *counts;

  std::string full_name() const;   // "/job:localhost/replica:0/task:0/device:GPU:0"
  std::string short_name() const;  // "GPU:0"
  // The memory of a GPU, which is taken into use by the first call. DeviceError or ResourceExhaustedError if that fails.
  Allocator& allocator();
  // What its programs are compiled for, with what config says of numerics now, and what runs them: nullptr on the host.
  Target target();
  Numerics numerics() const;
  Runtime* runtime();
  // Its allocator if it is in use, else nullptr; a CPU has none.
  Allocator* allocator_in_use() const { return in_use_.load(std::memory_order_acquire); }

 private:
  std::unique_ptr<Allocator> make_allocator();

  std::once_flag once_, target_once_, runtime_once_;
  std::unique_ptr<Allocator> allocator_;
  std::unique_ptr<Runtime> runtime_;  // goes first
  Target target_;
  std::atomic<Allocator*> in_use_{nullptr};
};

// The machine's devices and how they are to be used. Listing physical devices and configuring them takes nothing from
// the machine; initialisation, once, freezes the configuration and makes the logical devices.
class Context {
 public:
  using Devices = std::vector<config::PhysicalDevice>;
  enum class Pool { intra_op, inter_op };

  explicit Context(std::vector<std::unique_ptr<DeviceProvider>> providers);
  ~Context();
  // The process's, or the one that a test has put in its place.
  static Context& current();

  // An empty type means every type.
  Devices physical_devices(std::string_view type = "");
  Devices visible_devices(std::string_view type = "");
  void set_visible_devices(const Devices& devices, std::string_view type);
  bool memory_growth(const config::PhysicalDevice& device);
  void set_memory_growth(const config::PhysicalDevice& device, bool enable);
  std::optional<Configuration> logical_configuration(const config::PhysicalDevice& device);
  void set_logical_configuration(const config::PhysicalDevice& device, const Configuration& configuration);
  config::DeviceDetails details(const config::PhysicalDevice& device);
  int threads(Pool pool) const;
  void set_threads(Pool pool, int threads);

  // `by_what` names the caller in the errors of later configuration: "Model.fit", "list_logical_devices".
  void initialize(std::string_view by_what);
  bool initialized() const { return initialized_.load(std::memory_order_acquire); }
  // Initialised only: the CPU's first, then the GPU's, each numbered from 0.
  const std::vector<std::unique_ptr<Device>>& logical_devices() const;
  // Where work goes that no scope places: the first GPU of those that are chosen, else the first CPU.
  Device& default_device() const;
  bool has_default_device() const { return default_.load() != nullptr; }  // it has been asked for
  Device* find(std::string_view type, int index) const;

  std::vector<Check> provider_checks(std::string_view type);
  bool has_provider(std::string_view type) const;
  bool chooses(std::string_view type) const;
  // For the doctor; see DeviceProvider.
  void be_thorough(std::string_view type);

 private:
  struct Physical;

  void discover();
  Physical* look_up(const config::PhysicalDevice& device);
  Physical& known(const config::PhysicalDevice& device);
  void refuse_late_change(std::string_view text, std::string_view call) const;
  std::vector<std::unique_ptr<Device>> make_logical_devices();
  void warn_of_over_commitment(const Physical& physical) const;

  std::mutex mutex_;
  std::vector<std::unique_ptr<DeviceProvider>> providers_;
  bool discovered_ = false;
  std::vector<std::unique_ptr<Physical>> physical_;
  std::vector<Physical*> visible_;
  std::atomic<int> threads_[2] = {0, 0};
  std::vector<std::unique_ptr<Device>> logical_;
  mutable std::once_flag default_once_;
  mutable std::atomic<Device*> default_{nullptr};
  std::string initialized_by_;
  std::atomic<bool> initialized_{false};
};

// Initialises the process's devices if nothing has yet; what allocates first calls it.
CORNU_API void initialize(std::string_view by_what);

// Puts a context of other providers in the process's place while it lives; for tests.
class ScopedContext {
 public:
  explicit ScopedContext(std::vector<std::unique_ptr<DeviceProvider>> providers);
  ~ScopedContext();
  ScopedContext(const ScopedContext&) = delete;
  ScopedContext& operator=(const ScopedContext&) = delete;
  Context* operator->() { return &context_; }

 private:
  Context context_;
  Context* previous_;
};

}  // namespace cornu::devices
