#include "cornu/exec/executable.h"

#include <algorithm>
#include <list>
#include <unordered_map>

#include "cornu/base/environment.h"
#include "cornu/base/timeline.h"
#include "cornu/device/config.h"
#include "cornu/device/context.h"
#include "cornu/device/scope.h"
#include "cornu/exec/counters.h"
#include "cornu/exec/device_executable.h"

namespace cornu::exec {
namespace {

// Programs by structure; the least recently used goes when there are too many.
class ProgramCache {
 public:
  using Key = std::string;
  std::shared_ptr<const plan::Program> find(const Key& key) {
    std::lock_guard lock(mutex_);
    auto found = entries_.find(key);
    if (found == entries_.end()) return nullptr;
    recent_.splice(recent_.begin(), recent_, found->second);
    return found->second->second;
  }
  void insert(const Key& key, std::shared_ptr<const plan::Program> program) {
    std::lock_guard lock(mutex_);
    if (entries_.count(key)) return;
    recent_.emplace_front(key, std::move(program));
    entries_[key] = recent_.begin();
    if (recent_.size() > kMostPrograms) {
      entries_.erase(recent_.back().first);
      recent_.pop_back();
    }
  }

 private:
  static constexpr std::size_t kMostPrograms = 512;
  std::mutex mutex_;
  std::list<std::pair<Key, std::shared_ptr<const plan::Program>>> recent_;
  std::unordered_map<Key, decltype(recent_)::iterator> entries_;
};

ProgramCache& cache() {
  static auto* instance = new ProgramCache();
  return *instance;
}

}  // namespace

Counters& counters() {
  static Counters instance;
  return instance;
}

std::shared_ptr<const plan::Program> program_for(const plan::Function& function, const Target& target, const std::string& name) {
  const auto hash = ir::structural_hash(function.graph);
  const std::string key =
      fmt::format("{:x}-{:x} {} {} {} [{}] {} {}", hash[0], hash[1], function.inputs, function.variables, function.captures,
                  fmt::join(function.writes, ","), target.fingerprint(), environment("CORNU_PASSES").value_or(""));
  if (auto found = cache().find(key)) return found;
  counters().compilations++;
  const timeline::Span span(timeline::watched(), "compile", [&] { return "compile " + name; });
  auto program = plan::compile(function, target, name);
  cache().insert(key, program);
  return program;
}

Executable::Executable(std::shared_ptr<const plan::Program> program, std::vector<std::shared_ptr<Slot>> variables,
                       std::vector<std::shared_ptr<devices::Array>> captures, devices::Device* device)
    : program_(std::move(program)),
      variables_(std::move(variables)),
      captures_(std::move(captures)),
      device_(device && device->runtime() ? device : nullptr),
      numerics_(device_ ? device_->numerics() : Numerics()),
      on_device_(device_ ? std::make_unique<DeviceExecutable>(program_, *device_) : nullptr) {
  CORNU_CHECK(variables_.size() == program_->variables.size() && captures_.size() == program_->captures.size());
  for (const auto& form : program_->forms) forms_.push_back(variables_[form.variable]->form(form.key, form.bytes));
}

Executable::~Executable() = default;

bool Executable::is_here() const {
  devices::Device& here = devices::placement();
  return device_ ? device_ == &here && numerics_ == here.numerics() : !here.runtime();
}

std::unique_ptr<Executable> make_executable(const plan::Function& function, std::vector<std::shared_ptr<Slot>> variables,
                                            std::vector<std::shared_ptr<devices::Array>> captures, const std::string& name) {
  devices::Device& device = devices::placement();
  return std::make_unique<Executable>(program_for(function, device.target(), name), std::move(variables), std::move(captures),
                                      &device);
}

// Of the variables that were written since.
void Executable::make_forms(const devices::Stream& stream) const {
  for (std::size_t i = 0; i < forms_.size(); ++i) {
    const auto& [variable, key, bytes, kernel] = program_->forms[i];
    Form& form = *forms_[i];
    const Slot& slot = *variables_[variable];
    if (form.version == slot.version()) continue;
    const std::lock_guard lock(form.mutex);
    const uint64_t version = slot.version();
    if (form.version == version) continue;
    const auto scratch = devices::allocate_memory(kernel->scratch_bytes());
    const auto state = kernel->make_state();
    void* operands[] = {slot.memory(), form.memory.get()};
    ir::StatusWord status;
    kernel->run({operands, scratch.get(), state.get(), &status, stream.threads()});
    form.version = version;
  }
}

// What each device has in use, for the timeline.
void Executable::note_memory() {
  for (const auto& device : devices::Context::current().logical_devices())
    timeline::add(timeline::Amount{device->short_name(), timeline::now(), device->memory.info().current});
}

// Once: every later run is the same.
void Executable::log_placement() const {
  if (!debugging::get_log_device_placement() || placement_is_logged_.exchange(true)) return;
  const auto& cpu = *devices::Context::current().find("CPU", 0);
  for (const auto& step : program_->steps)
    devices::log_placement(step.kernel->describe(), device_ && step.kernel->kind() != TargetKind::cpu ? *device_ : cpu);
}

std::unique_ptr<plan::Runner> Executable::take(devices::Stream& stream) const {
  {
    std::lock_guard lock(mutex_);
    for (auto& instance : idle_)
      if (instance.stream == &stream) {
        auto runner = std::move(instance.runner);
        std::swap(instance, idle_.back());
        idle_.pop_back();
        return runner;
      }
  }
  auto runner = std::make_unique<plan::Runner>(program_);
  for (std::size_t i = 0; i < variables_.size(); ++i) runner->bind(plan::Where::variable, int(i), variables_[i]->memory());
  for (std::size_t i = 0; i < forms_.size(); ++i) runner->bind(plan::Where::form, int(i), forms_[i]->memory.get());
  return runner;
}

void Executable::give_back(devices::Stream& stream, std::unique_ptr<plan::Runner> runner) const {
  std::lock_guard lock(mutex_);
  idle_.push_back({&stream, std::move(runner)});
}

Run Executable::start(std::span<const std::shared_ptr<devices::Array>> inputs, std::span<void* const> results) const {
  if (!timeline::watched()) return start_unwatched(inputs, results);
  Run run;
  {
    const timeline::Span span(true, "run", [&] { return program_->name; });
    run = start_unwatched(inputs, results);
  }
  note_memory();
  return run;
}

Run Executable::start_unwatched(std::span<const std::shared_ptr<devices::Array>> inputs, std::span<void* const> results) const {
  log_placement();
  counters().launches++;
  if (on_device_) return on_device_->start(variables_, captures_, inputs, results);
  run_here(inputs, results);
  return Run();
}

void Executable::run_here(std::span<const std::shared_ptr<devices::Array>> inputs, std::span<void* const> results) const {
  for (const auto& variable : variables_) variable->bring_home();
  devices::StreamLease stream;
  auto runner = take(*stream);
  stream->arena().reserve(program_->scratch_bytes);
  runner->bind_scratch(stream->arena().base());
  // Snapshots of what is written move away, before anybody takes an address: inputs and captures may be such snapshots.
  for (int variable : program_->writes) variables_[variable]->about_to_be_written();
  for (std::size_t i = 0; i < inputs.size(); ++i) runner->bind(plan::Where::input, int(i), inputs[i]->bytes());
  for (std::size_t i = 0; i < captures_.size(); ++i) runner->bind(plan::Where::capture, int(i), captures_[i]->bytes());
  for (std::size_t i = 0; i < results.size(); ++i) runner->bind(plan::Where::result, int(i), results[i]);
  auto& status = stream->status();
  status.clear();
  make_forms(*stream);
  uint64_t version = 0;
  for (int variable : program_->settled_variables) version = std::max(version, variables_[variable]->version());
  runner->run(status, stream->threads(), version);
  for (int variable : program_->writes) variables_[variable]->was_written();
  give_back(*stream, std::move(runner));
  if (program_->may_set_status && status.is_set()) status.raise();
}

Executable::Started Executable::start(std::span<const std::shared_ptr<devices::Array>> inputs) const {
  Started out;
  std::vector<void*> addresses;
  for (const auto& spec : program_->results)
    addresses.push_back(out.results.emplace_back(devices::Array::allocate(spec))->bytes());
  out.run = start(inputs, addresses);
  return out;
}

std::vector<std::shared_ptr<devices::Array>> Executable::run(std::span<const std::shared_ptr<devices::Array>> inputs) const {
  Started started = start(inputs);
  started.run.wait();
  return std::move(started.results);
}

}  // namespace cornu::exec
