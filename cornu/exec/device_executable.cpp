#include "cornu/exec/device_executable.h"

namespace cornu::exec {

// Captured memory never changes: it is copied once.
void DeviceExecutable::open(std::span<const std::shared_ptr<devices::Array>> captures) {
  devices::Runtime& runtime = *device_.runtime();
  runner_ = std::make_unique<plan::DeviceRunner>(program_, runtime);
  variables_.assign(program_->variables.size(), 0);
  for (std::size_t i = 0; i < captures.size(); ++i) {
    const std::size_t bytes = captures[i]->size_bytes();
    captures_.push_back(runtime.memory().allocate(std::max<std::size_t>(bytes, 1), "constants"));
    runtime.copy_in(captures_.back().address(), captures[i]->bytes(), bytes);
    runner_->bind(plan::Where::capture, static_cast<int>(i), captures_.back().address());
  }
}

void DeviceExecutable::bind(std::span<const std::shared_ptr<Slot>> variables) {
  for (std::size_t i = 0; i < variables.size(); ++i) {
    const uintptr_t address = variables[i]->on(device_);
    if (std::exchange(variables_[i], address) != address) runner_->bind(plan::Where::variable, static_cast<int>(i), address);
  }
}

void DeviceExecutable::run(std::span<const std::shared_ptr<Slot>> variables,
                           std::span<const std::shared_ptr<devices::Array>> captures,
                           std::span<const std::shared_ptr<devices::Array>> inputs, std::span<void* const> results) {
  const auto held = device_.runtime()->hold();
  if (!runner_) open(captures);
  for (const int variable : program_->writes) variables[static_cast<std::size_t>(variable)]->about_to_be_written_there();
  bind(variables);
  std::vector<const void*> from;
  for (const auto& input : inputs) from.push_back(input->bytes());
  ir::StatusWord status;
  runner_->run(from, results, status);
  for (const int variable : program_->writes) variables[static_cast<std::size_t>(variable)]->was_written_on(device_);
  if (program_->may_set_status && status.is_set()) status.raise();
}

}  // namespace cornu::exec
