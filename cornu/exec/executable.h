#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "cornu/device/context.h"
#include "cornu/device/stream.h"
#include "cornu/exec/run.h"
#include "cornu/exec/slot.h"
#include "cornu/plan/program.h"
#include "cornu/plan/runner.h"

namespace cornu::exec {

// The program of a function, compiled or found among those of equal structure (target, shapes and sharing included).
std::shared_ptr<const plan::Program> program_for(const plan::Function& function, const Target& target, const std::string& name);

class DeviceExecutable;

// A program with its state: variables by number, captured memory. Any number of threads may run it; each run leases a stream
// and a runner bound to it.
class Executable {
 public:
  // `device` is what the program is for; without one it is the host.
  Executable(std::shared_ptr<const plan::Program> program, std::vector<std::shared_ptr<Slot>> variables,
             std::vector<std::shared_ptr<devices::Array>> captures, devices::Device* device = nullptr);
  ~Executable();

  // Inputs in the order of the program's; results go to dense memory, and are there when somebody has waited for the run.
  Run start(std::span<const std::shared_ptr<devices::Array>> inputs, std::span<void* const> results) const;
  // The same into arrays of their own, which the run must not outlive.
  struct Started {
    std::vector<std::shared_ptr<devices::Array>> results;
    Run run;
  };
  Started start(std::span<const std::shared_ptr<devices::Array>> inputs) const;
  // And waits: throws what the status word tells.
  std::vector<std::shared_ptr<devices::Array>> run(std::span<const std::shared_ptr<devices::Array>> inputs) const;
  const plan::Program& program() const { return *program_; }
  // Whether what is compiled now, in this scope, would be for the same device and numerics.
  bool is_here() const;

 private:
  struct Instance {
    devices::Stream* stream;
    std::unique_ptr<plan::Runner> runner;
  };
  void run_here(std::span<const std::shared_ptr<devices::Array>> inputs, std::span<void* const> results) const;
  void log_placement() const;
  static void note_memory();
  Run start_unwatched(std::span<const std::shared_ptr<devices::Array>> inputs, std::span<void* const> results) const;
  void make_forms(const devices::Stream& stream) const;
  std::unique_ptr<plan::Runner> take(devices::Stream& stream) const;
  void give_back(devices::Stream& stream, std::unique_ptr<plan::Runner> runner) const;

  std::shared_ptr<const plan::Program> program_;
  std::vector<std::shared_ptr<Slot>> variables_;
  std::vector<std::shared_ptr<devices::Array>> captures_;
  std::vector<std::shared_ptr<Form>> forms_;
  devices::Device* const device_;
  const Numerics numerics_;
  const std::unique_ptr<DeviceExecutable> on_device_;
  mutable std::mutex mutex_;
  mutable std::vector<Instance> idle_;
  mutable std::atomic<bool> placement_is_logged_{false};
};

// A function compiled for the device of this thread's scope, with its state.
std::unique_ptr<Executable> make_executable(const plan::Function& function, std::vector<std::shared_ptr<Slot>> variables,
                                            std::vector<std::shared_ptr<devices::Array>> captures, const std::string& name);

}  // namespace cornu::exec
