#pragma once

#include <memory>
#include <span>
#include <vector>

#include "cornu/device/context.h"
#include "cornu/exec/run.h"
#include "cornu/exec/slot.h"
#include "cornu/plan/device_runner.h"

namespace cornu::exec {

// A program of a device with its state there: what an Executable is where its program is not the host's.
class DeviceExecutable {
 public:
  DeviceExecutable(std::shared_ptr<const plan::Program> program, devices::Device& device)
      : program_(std::move(program)), device_(device) {}

  // The variables are those of the program.
  Run start(std::span<const std::shared_ptr<Slot>> variables, std::span<const std::shared_ptr<devices::Array>> captures,
            std::span<const std::shared_ptr<devices::Array>> inputs, std::span<void* const> results);

 private:
  void open(std::span<const std::shared_ptr<devices::Array>> captures);
  [[nodiscard]] std::unique_lock<std::recursive_mutex> hold(std::span<const std::shared_ptr<Slot>> variables);
  void bind(std::span<const std::shared_ptr<Slot>> variables);

  const std::shared_ptr<const plan::Program> program_;
  devices::Device& device_;
  std::vector<devices::Allocator::Piece> captures_;
  std::vector<uintptr_t> variables_;            // where they were bound
  std::unique_ptr<plan::DeviceRunner> runner_;  // goes first
};

}  // namespace cornu::exec
