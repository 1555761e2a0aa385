#pragma once

#include <memory>
#include <span>
#include <vector>

#include "cornu/device/context.h"
#include "cornu/exec/run.h"
#include "cornu/exec/slot.h"
#include "cornu/plan/device_runner.h"

namespace cornu::exec {

// A program of a device with its state there: what an Executable is where its program is not the host's. Where memory is short, those that
// do not run give theirs back.
class DeviceExecutable final : devices::Runtime::Tenant {
 public:
  DeviceExecutable(std::shared_ptr<const plan::Program> program, devices::Device& device);
  ~DeviceExecutable() override;

  using Slots = std::span<const std::shared_ptr<Slot>>;
  using Arrays = std::span<const std::shared_ptr<devices::Array>>;
  // The variables are those of the program.
  Run start(Slots variables, Arrays captures, Arrays inputs, std::span<void* const> results);
  // And waits: throws what the status word tells, of this run.
  void run(Slots variables, Arrays captures, Arrays inputs, std::span<void* const> results);

 private:
  bool leave() override;
  void open(Arrays captures);
  bool bind(Slots variables);
  bool prepare(Slots variables, Arrays captures);
  [[nodiscard]] std::unique_lock<std::recursive_mutex> hold(Slots variables, Arrays captures);
  Run start_held(Slots variables, Arrays inputs, std::span<void* const> results);

  const std::shared_ptr<const plan::Program> program_;
  devices::Device& device_;
  std::vector<devices::Allocator::Piece> captures_;
  std::vector<uintptr_t> variables_;            // where they were bound
  std::unique_ptr<plan::DeviceRunner> runner_;  // goes first
};

}  // namespace cornu::exec
