#include "cornu/exec/device_executable.h"

#include <algorithm>

namespace cornu::exec {

DeviceExecutable::DeviceExecutable(std::shared_ptr<const plan::Program> program, devices::Device& device)
    : program_(std::move(program)), device_(device) {
  const auto held = device_.runtime()->hold();
  device_.runtime()->add(*this);
}

DeviceExecutable::~DeviceExecutable() {
  const auto held = device_.runtime()->hold();
  device_.runtime()->remove(*this);
  runner_.reset();
}

// What a run that failed has left behind is not forgotten before it was told.
bool DeviceExecutable::leave() {
  if (!runner_ || runner_->is_awaited()) return false;
  runner_.reset();
  captures_.clear();
  return true;
}

// Captured memory never changes: it is copied once. All of it or nothing: memory may be short.
void DeviceExecutable::open(Arrays captures) {
  devices::Runtime& runtime = *device_.runtime();
  auto runner = std::make_unique<plan::DeviceRunner>(program_, runtime);
  std::vector<devices::Allocator::Piece> copies;
  for (std::size_t i = 0; i < captures.size(); ++i) {
    const std::size_t bytes = captures[i]->size_bytes();
    copies.push_back(runtime.memory().allocate(std::max<std::size_t>(bytes, 1), "constants"));
    runtime.copy_in(copies.back().address(), captures[i]->bytes(), bytes);
    runner->bind(plan::Where::capture, static_cast<int>(i), copies.back().address());
  }
  variables_.assign(program_->variables.size(), 0);
  captures_ = std::move(copies);
  runner_ = std::move(runner);
}

// False where a variable's newest value is on another device.
bool DeviceExecutable::bind(Slots variables) {
  for (std::size_t i = 0; i < variables.size(); ++i) {
    const uintptr_t address = variables[i]->on(device_);
    if (!address) return false;
    if (std::exchange(variables_[i], address) != address) runner_->bind(plan::Where::variable, static_cast<int>(i), address);
  }
  return true;
}

bool DeviceExecutable::prepare(Slots variables, Arrays captures) {
  while (true) try {
      if (!runner_) open(captures);
      if (!bind(variables)) return false;
      runner_->prepare();
      return true;
    } catch (const ResourceExhaustedError&) {
      if (!device_.runtime()->make_room_for(*this)) throw;
    }
}

// Nobody waits for a second device while he holds one: what is newest elsewhere comes home before.
std::unique_lock<std::recursive_mutex> DeviceExecutable::hold(Slots variables, Arrays captures) {
  while (true) {
    for (const auto& variable : variables)
      if (variable->is_newest_elsewhere(device_)) variable->bring_home();
    auto held = device_.runtime()->hold();
    if (prepare(variables, captures)) return held;
  }
}

Run DeviceExecutable::start(Slots variables, Arrays captures, Arrays inputs, std::span<void* const> results) {
  const auto held = hold(variables, captures);
  return start_held(variables, inputs, results);
}

// Where a run that fails keeps later ones from writing, it is one caller's alone to the end.
void DeviceExecutable::run(Slots variables, Arrays captures, Arrays inputs, std::span<void* const> results) {
  auto held = hold(variables, captures);
  Run run = start_held(variables, inputs, results);
  if (!program_->may_set_status || program_->writes.empty()) held.unlock();
  run.wait();
}

Run DeviceExecutable::start_held(Slots variables, Arrays inputs, std::span<void* const> results) {
  std::vector<const void*> from;
  for (const auto& input : inputs) from.push_back(input->bytes());
  uint64_t version = 0;
  for (const int variable : program_->settled_variables)
    version = std::max(version, variables[static_cast<std::size_t>(variable)]->version());
  for (const int variable : program_->writes) {
    Slot& slot = *variables[static_cast<std::size_t>(variable)];
    slot.about_to_be_written_there();
    slot.was_written_on(device_);  // whatever comes of it
  }
  return Run(runner_->start(from, results, version));
}

}  // namespace cornu::exec
