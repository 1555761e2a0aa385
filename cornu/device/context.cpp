#include "cornu/device/context.h"

#include <algorithm>
#include <map>

#include "cornu/base/environment.h"
#include "cornu/base/errors.h"
#include "cornu/base/log.h"
#include "cornu/device/config.h"
#include "cornu/device/configuration_rules.h"

namespace cornu::devices {

using config::LogicalDeviceConfiguration;
using config::PhysicalDevice;

struct Context::Physical {
  PhysicalDevice device;
  FoundDevice found;
  DeviceProvider* provider = nullptr;
  std::optional<bool> growth;
  Configuration configuration;  // empty: one device of all its memory

  bool is_cpu() const { return device.device_type == "CPU"; }
};

namespace {

std::atomic<Context*> current_context{nullptr};

// TensorFlow leaves the same: a twentieth, at least 300 MiB.
constexpr std::size_t kReservedShare = 20, kLeastReserve = std::size_t{300} << 20;

// TF_FORCE_GPU_ALLOW_GROWTH, if it says something.
std::optional<bool> forced_growth() {
  const auto value = environment("TF_FORCE_GPU_ALLOW_GROWTH");
  if (!value) return std::nullopt;
  if (*value == "true") return true;
  if (*value == "false") return false;
  log::warn_once(
      "The TF_FORCE_GPU_ALLOW_GROWTH environment variable is set but could not be parsed: \"{}\". Valid values are "
      "\"true\" or "
      "\"false\"; the configured memory growth is used.",
      *value);
  return std::nullopt;
}

}  // namespace

std::string Device::full_name() const { return "/job:localhost/replica:0/task:0" + logical.name; }
std::string Device::short_name() const { return fmt::format("{}:{}", logical.device_type, index); }

Allocator& Device::allocator() {
  std::call_once(once_, [&] {
    allocator_ = make_allocator();
    in_use_.store(allocator_.get(), std::memory_order_release);
  });
  return *allocator_;
}

Target Device::target() {
  std::call_once(target_once_, [&] { target_ = provider->target(physical_id); });
  Target target = target_;
  target.numerics = numerics();
  return target;
}

Numerics Device::numerics() const {
  if (logical.device_type == "CPU") return {};
  return {config::tensor_float_32_execution_enabled(), config::is_op_determinism_enabled()};
}

Runtime* Device::runtime() {
  if (logical.device_type == "CPU") return nullptr;
  std::call_once(runtime_once_, [&] { runtime_ = provider->open_runtime(physical_id, allocator(), priority); });
  return runtime_.get();
}

// Without growth the whole limit is taken, of a device without a limit what is free; less what the driver's libraries need.
std::unique_ptr<Allocator> Device::make_allocator() {
  auto source = provider->open_memory(physical_id);
  CORNU_CHECK(source, "{} has the host's memory", short_name());
  std::size_t limit = total_memory;
  if (memory_limit) {
    limit = static_cast<std::size_t>(*memory_limit);
  } else if (!memory_growth) {
    const std::size_t available = source->available();
    limit = available - std::min(available, std::max(available / kReservedShare, kLeastReserve));
  }
  return std::make_unique<Allocator>(
      std::move(source),
      AllocatorOptions{
          .device = short_name(), .limit = limit, .is_limit_configured = memory_limit.has_value(), .growth = memory_growth},
      memory);
}

Context::Context(std::vector<std::unique_ptr<DeviceProvider>> providers) : providers_(std::move(providers)) {}
Context::~Context() = default;

Context& Context::current() {
  if (Context* context = current_context.load(std::memory_order_acquire)) return *context;
  static Context* process = new Context(make_providers());  // outlives static tensors
  return *process;
}

void Context::discover() {
  if (discovered_) return;
  for (const auto& provider : providers_) {
    for (FoundDevice& found : provider->list()) {
      const std::string type(provider->device_type());
      auto made = std::make_unique<Physical>();
      made->device = {fmt::format("/physical_device:{}:{}", type, found.id), type, found.total_memory};
      made->found = std::move(found);
      made->provider = provider.get();
      visible_.push_back(made.get());
      physical_.push_back(std::move(made));
    }
  }
  discovered_ = true;
}

Context::Physical* Context::look_up(const PhysicalDevice& device) {
  discover();
  const auto at = std::ranges::find(
      physical_, device, [](const auto& physical) -> const auto& { return physical->device; });
  return at == physical_.end() ? nullptr : at->get();
}

Context::Physical& Context::known(const PhysicalDevice& device) {
  if (Physical* physical = look_up(device)) return *physical;
  throw error<ValueError>("Unrecognized device: {}", to_string(device));
}

void Context::refuse_late_change(std::string_view text, std::string_view call) const {
  if (!initialized()) return;
  throw error<RuntimeError>("{}{} The devices were initialized by {}: call {} before that.", text, text.ends_with('.') ? "" : ".",
                            initialized_by_, call);
}

Context::Devices Context::physical_devices(std::string_view type) {
  std::lock_guard lock(mutex_);
  discover();
  Devices result;
  for (const auto& physical : physical_) {
    if (!type.empty() && physical->device.device_type != type) continue;
    result.push_back(physical->device);
    result.back().memory_limit = total_limit(physical->configuration).value_or(physical->found.total_memory);
  }
  return result;
}

Context::Devices Context::visible_devices(std::string_view type) {
  const Devices all = physical_devices();
  std::lock_guard lock(mutex_);
  Devices result;
  for (const Physical* physical : visible_)
    if (type.empty() || physical->device.device_type == type) result.push_back(*std::ranges::find(all, physical->device));
  return result;
}

void Context::set_visible_devices(const Devices& devices, std::string_view type) {
  std::lock_guard lock(mutex_);
  discover();
  std::vector<Physical*> wanted;
  for (Physical* physical : visible_)
    if (!type.empty() && physical->device.device_type != type) wanted.push_back(physical);
  for (const PhysicalDevice& device : devices) {
    Physical& physical = known(device);
    if (!type.empty() && device.device_type != type) throw error<ValueError>("Unrecognized device: {}", to_string(device));
    if (std::ranges::find(wanted, &physical) == wanted.end()) wanted.push_back(&physical);
  }
  // Types keep the order of discovery, devices of one type the order given.
  std::ranges::stable_sort(wanted, {}, [&](Physical* physical) {
    return std::ranges::find(providers_, physical->provider, &std::unique_ptr<DeviceProvider>::get) - providers_.begin();
  });
  if (wanted == visible_) return;
  refuse_late_change("Visible devices cannot be modified after being initialized", "set_visible_devices");
  visible_ = std::move(wanted);
}

bool Context::memory_growth(const PhysicalDevice& device) {
  std::lock_guard lock(mutex_);
  const Physical& physical = known(device);
  if (physical.is_cpu()) throw ValueError("Cannot get memory growth on non-GPU and non-Pluggable devices");
  return physical.growth.value_or(false);
}

void Context::set_memory_growth(const PhysicalDevice& device, bool enable) {
  std::lock_guard lock(mutex_);
  Physical& physical = known(device);
  if (physical.is_cpu()) throw ValueError("Cannot set memory growth on non-GPU and non-Pluggable devices");
  if (physical.growth == enable) return;
  refuse_late_change("Physical devices cannot be modified after being initialized", "set_memory_growth");
  physical.growth = enable;
}

std::optional<Configuration> Context::logical_configuration(const PhysicalDevice& device) {
  std::lock_guard lock(mutex_);
  const Configuration& configuration = known(device).configuration;
  return configuration.empty() ? std::nullopt : std::optional(configuration);
}

void Context::set_logical_configuration(const PhysicalDevice& device, const Configuration& configuration) {
  std::lock_guard lock(mutex_);
  Physical& physical = known(device);
  check_configuration(device.device_type, physical.found.total_memory, configuration);
  if (physical.configuration == configuration) return;
  refuse_late_change("Virtual devices cannot be modified after being initialized", "set_logical_device_configuration");
  physical.configuration = configuration;
}

config::DeviceDetails Context::details(const PhysicalDevice& device) {
  std::lock_guard lock(mutex_);
  if (const Physical* physical = look_up(device)) return physical->found.details;
  throw error<ValueError>("The PhysicalDevice must be one obtained from calling `tf.config.list_physical_devices`, but got: {}",
                          to_string(device));
}

int Context::threads(Pool pool) const { return threads_[int(pool)]; }

void Context::set_threads(Pool pool, int threads) {
  const bool intra = pool == Pool::intra_op;
  std::lock_guard lock(mutex_);
  if (threads_[int(pool)] == threads) return;
  refuse_late_change(intra ? "Intra op parallelism cannot be modified after initialization."
                           : "Inter op parallelism cannot be modified after initialization.",
                     intra ? "set_intra_op_parallelism_threads" : "set_inter_op_parallelism_threads");
  if (threads < 0)
    throw error<ValueError>("The number of threads must be 0 (chosen by the runtime) or positive. Received: {}", threads);
  threads_[int(pool)] = threads;
}

void Context::initialize(std::string_view by_what) {
  if (initialized()) return;
  std::lock_guard lock(mutex_);
  if (initialized()) return;
  discover();
  auto made = make_logical_devices();
  if (std::ranges::none_of(made, [](const auto& device) { return device->logical.device_type == "CPU"; }))
    throw RuntimeError(
        "No CPU devices are available in this process. set_visible_devices hid the CPU; give it a device type, as in "
        "set_visible_devices(gpus, \"GPU\"), to choose among the GPUs only.");
  logical_ = std::move(made);
  initialized_by_ = by_what;
  initialized_.store(true, std::memory_order_release);
}

std::vector<std::unique_ptr<Device>> Context::make_logical_devices() {
  const bool has_gpu = std::ranges::any_of(visible_, [](const Physical* physical) { return !physical->is_cpu(); });
  const std::optional<bool> forced = has_gpu ? forced_growth() : std::nullopt;
  struct Part {
    const Physical* physical;
    LogicalDeviceConfiguration configuration;
  };
  std::vector<Part> parts;
  for (const Physical* physical : visible_) {
    warn_of_over_commitment(*physical);
    for (const auto& one : physical->configuration) parts.push_back({physical, one});
    if (physical->configuration.empty()) parts.push_back({physical, {}});
  }
  // Lower ordinals get lower ids, over all devices of a type; types stay together because only GPUs have ordinals.
  std::ranges::stable_sort(parts, {}, [](const Part& part) {
    return std::pair(!part.physical->is_cpu(), part.configuration.experimental_device_ordinal.value_or(0));
  });
  std::map<std::string, int> count;
  std::vector<std::unique_ptr<Device>> made;
  for (const auto& [physical, configuration] : parts) {
    const std::string& type = physical->device.device_type;
    auto device = std::make_unique<Device>();
    device->index = count[type]++;
    device->logical = {fmt::format("/device:{}:{}", type, device->index), type};
    device->physical_id = physical->found.id;
    if (configuration.memory_limit) device->memory_limit = limit_in_bytes(configuration);
    device->memory_growth = forced.value_or(physical->growth.value_or(true));
    device->priority = configuration.experimental_priority.value_or(0);
    device->total_memory = static_cast<std::size_t>(physical->found.total_memory);
    device->provider = physical->provider;
    made.push_back(std::move(device));
  }
  return made;
}

void Context::warn_of_over_commitment(const Physical& physical) const {
  const auto limit = total_limit(physical.configuration);
  const auto free = limit ? physical.provider->free_memory(physical.found.id) : std::nullopt;
  if (free && *limit > *free)
    log::warn_once("the logical devices on {} may use {} MiB together, but {} MiB are free: allocations may fail",
                   physical.device.name, *limit >> 20, *free >> 20);
}

const std::vector<std::unique_ptr<Device>>& Context::logical_devices() const {
  CORNU_CHECK(initialized(), "logical devices exist only after initialisation");
  return logical_;
}

Device* Context::find(std::string_view type, int index) const {
  for (const auto& device : logical_devices())
    if (device->index == index && device->logical.device_type == type) return device.get();
  return nullptr;
}

Device& Context::default_device() const {
  CORNU_CHECK(initialized(), "there is a default device only after initialisation");
  std::call_once(default_once_, [&] {
    const auto gpu = std::ranges::find_if(
        logical_, [](const auto& device) { return device->logical.device_type == "GPU" && device->provider->is_chosen(); });
    default_ = (gpu == logical_.end() ? logical_.front() : *gpu).get();
  });
  return *default_.load();
}

std::vector<Check> Context::provider_checks(std::string_view type) {
  std::lock_guard lock(mutex_);
  for (const auto& provider : providers_)
    if (provider->device_type() == type) return provider->checks();
  return {};
}

bool Context::has_provider(std::string_view type) const {
  return std::ranges::any_of(providers_, [&](const auto& provider) { return provider->device_type() == type; });
}

bool Context::chooses(std::string_view type) const {
  return std::ranges::any_of(providers_,
                             [&](const auto& provider) { return provider->device_type() == type && provider->is_chosen(); });
}

void Context::be_thorough(std::string_view type) {
  std::lock_guard lock(mutex_);
  for (const auto& provider : providers_)
    if (provider->device_type() == type) provider->be_thorough();
}

void initialize(std::string_view by_what) { Context::current().initialize(by_what); }

ScopedContext::ScopedContext(std::vector<std::unique_ptr<DeviceProvider>> providers)
    : context_(std::move(providers)), previous_(current_context.exchange(&context_)) {}
ScopedContext::~ScopedContext() { current_context.store(previous_); }

}  // namespace cornu::devices
