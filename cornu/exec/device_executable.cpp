#include "cornu/exec/device_executable.h"

#include <algorithm>

namespace cornu::exec {

// Captured memory never changes: it is copied once. All of it or nothing: memory may be short.
void DeviceExecutable::open(std::span<const std::shared_ptr<devices::Array>> captures) {
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

// Nobody waits for a second device while he holds one: what is newest elsewhere comes home before.
std::unique_lock<std::recursive_mutex> DeviceExecutable::hold(std::span<const std::shared_ptr<Slot>> variables) {
  const auto is_elsewhere = [&](const auto& variable) { return variable->is_newest_elsewhere(device_); };
  while (true) {
    for (const auto& variable : variables)
      if (is_elsewhere(variable)) variable->bring_home();
    auto held = device_.runtime()->hold();
    if (std::ranges::none_of(variables, is_elsewhere)) return held;
  }
}

void DeviceExecutable::bind(std::span<const std::shared_ptr<Slot>> variables) {
  for (std::size_t i = 0; i < variables.size(); ++i) {
    const uintptr_t address = variables[i]->on(device_);
    if (std::exchange(variables_[i], address) != address) runner_->bind(plan::Where::variable, static_cast<int>(i), address);
  }
}

Run DeviceExecutable::start(std::span<const std::shared_ptr<Slot>> variables,
                            std::span<const std::shared_ptr<devices::Array>> captures,
                            std::span<const std::shared_ptr<devices::Array>> inputs, std::span<void* const> results) {
  const auto held = hold(variables);
  if (!runner_) open(captures);
  for (const int variable : program_->writes) variables[static_cast<std::size_t>(variable)]->about_to_be_written_there();
  bind(variables);
  std::vector<const void*> from;
  for (const auto& input : inputs) from.push_back(input->bytes());
  uint64_t version = 0;
  for (const int variable : program_->settled_variables)
    version = std::max(version, variables[static_cast<std::size_t>(variable)]->version());
  runner_->prepare();
  // From here on the device writes, whatever comes of it.
  for (const int variable : program_->writes) variables[static_cast<std::size_t>(variable)]->was_written_on(device_);
  return Run(runner_->start(from, results, version));
}

}  // namespace cornu::exec
