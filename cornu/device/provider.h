#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "cornu/device/check.h"
#include "cornu/device/device.h"
#include "cornu/device/memory_source.h"
#include "cornu/device/runtime.h"
#include "cornu/target/target.h"

namespace cornu::devices {

// A device as its platform tells it.
struct FoundDevice {
  int id = 0;  // the number in "/physical_device:GPU:0"; filtered devices leave gaps
  int64_t total_memory = 0;
  config::DeviceDetails details;
};

// Where the devices of one type come from: a backend implements it, tests fake it.
class DeviceProvider {
 public:
  virtual ~DeviceProvider() = default;
  virtual std::string_view device_type() const = 0;
  // Makes no context and takes no memory. What is missing (a driver, a library) makes the list shorter; it never
  // throws.
  virtual std::vector<FoundDevice> list() = 0;
  // Called by the doctor before list(), which then tries each device in a process of its own; checks() opens every library.
  virtual void be_thorough() {}
  // Whether work goes to these devices by itself; otherwise only where it is asked for. May open libraries: asked when there is work.
  virtual bool is_chosen() const { return true; }
  // Bytes free on a device; asked only when the runtime is initialised.
  virtual std::optional<int64_t> free_memory(int /*id*/) { return std::nullopt; }
  // A device's memory, for its allocators. From here on the device is in use: it has a context. DeviceError if it cannot be.
  virtual std::unique_ptr<MemorySource> open_memory(int /*id*/) { return nullptr; }
  // What runs programs there, with memory of one of its allocators.
  virtual std::unique_ptr<Runtime> open_runtime(int /*id*/, Allocator& /*memory*/, int /*priority*/) { return nullptr; }
  // What a device's programs are compiled for.
  virtual Target target(int /*id*/) { return Target::host(); }
  // What the doctor should say beyond files and device nodes: libraries, versions, a real kernel.
  virtual std::vector<Check> checks() { return {}; }
};

using MakeProvider = std::unique_ptr<DeviceProvider> (*)();

// Called by a backend while the library is loaded: `const bool registered = register_provider(make_cuda_provider);`
bool register_provider(MakeProvider make);
// The CPU first, then the registered ones in order.
std::vector<std::unique_ptr<DeviceProvider>> make_providers();

}  // namespace cornu::devices
