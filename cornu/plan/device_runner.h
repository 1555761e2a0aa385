#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "cornu/device/runtime.h"
#include "cornu/ir/card_status.h"
#include "cornu/plan/program.h"
#include "cornu/plan/traced_runs.h"

namespace cornu::plan {

// A program of a card's bound to a device: its kernels go to the device, and where it has none the host computes with copies of the
// operands. Without such host steps the second run is recorded and later ones are launches of the record. Not thread-safe.
class DeviceRunner {
 public:
  // Takes memory of the device for what is kept, inputs and results; scratch is the runtime's. ResourceExhaustedError.
  DeviceRunner(std::shared_ptr<const Program> program, devices::Runtime& runtime);
  ~DeviceRunner();

  // A variable's or captured array's memory on the device; it stays.
  void bind(Where where, int index, uintptr_t address);
  // All that can fail for want of memory or that takes long; a run calls it where something has changed since. DeviceError,
  // ResourceExhaustedError, and then nothing has run.
  void prepare(ir::StatusWord& status);
  // Inputs from the host's memory and results into it. The settled steps run only where `version` is not that of the run before.
  void run(std::span<const void* const> inputs, std::span<void* const> results, ir::StatusWord& status, uint64_t version = 0);
  bool is_recorded() const { return recording_ != nullptr; }

 private:
  uintptr_t address_of(const Location& at) const;
  ir::KernelCall call_of(int step, ir::StatusWord& status) const;
  uintptr_t status_address() const;
  void take_status(const ir::CardStatus& found, ir::StatusWord& status);
  void read_status(ir::StatusWord& status);
  void write_status(const ir::StatusWord& status);
  void read_results(std::span<void* const> results, ir::StatusWord& status);
  void run_steps(int first, int last, ir::StatusWord& status);
  void run_on_host(const Step& step, ir::KernelState* state, ir::StatusWord& status);
  void bind_operands(uintptr_t scratch);
  template <class Name>
  timeline::Span note(const char* category, Name name) const {
    return timeline::Span(is_traced_, category, name);
  }

  const std::shared_ptr<const Program> program_;
  devices::Runtime& runtime_;
  devices::Allocator::Piece kept_;
  std::vector<devices::Allocator::Piece> inputs_;
  devices::Allocator::Piece results_;  // one behind the other, then the status
  std::vector<std::size_t> result_offsets_;
  std::vector<uintptr_t> variables_, captures_;
  std::vector<std::unique_ptr<ir::KernelState>> states_;
  std::vector<std::vector<void*>> operands_;  // of each step
  std::unique_ptr<devices::Runtime::Recording> recording_;
  uintptr_t scratch_ = 0;
  std::optional<uint64_t> settled_at_;  // the version that `kept_` is of
  bool has_host_steps_ = false, is_bound_ = false, status_is_clear_ = false;
  bool is_traced_ = false;
  TracedRuns traced_;
  int runs_ = 0;
};

}  // namespace cornu::plan
