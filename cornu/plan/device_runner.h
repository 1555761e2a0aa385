#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "cornu/device/runtime.h"
#include "cornu/plan/device_run.h"
#include "cornu/plan/traced_runs.h"

namespace cornu::plan {

// A program of a card's bound to a device: its kernels go to the device, and where it has none the host computes with copies of the
// operands. What stands between such host steps is recorded by the second run and launched as a whole by later ones. Used by one
// thread at a time; several runs may be under way.
class DeviceRunner {
 public:
  // Takes memory of the device for what is kept, inputs and results; scratch is the runtime's. ResourceExhaustedError.
  DeviceRunner(std::shared_ptr<const Program> program, devices::Runtime& runtime);
  ~DeviceRunner();

  // A variable's or captured array's memory on the device; it stays.
  void bind(Where where, int index, uintptr_t address);
  // All that can fail for want of memory or that takes long; does nothing where nothing has changed since. DeviceError,
  // ResourceExhaustedError, and then nothing has run.
  void prepare();
  // Gives the device a run, and does not wait for it: the inputs are copied, results are written by its `finish`. While the status word
  // of a program that writes state is set, later runs do nothing and find it too, until somebody saw it. The settled steps run only
  // where `version` is not that of the run before.
  std::shared_ptr<DeviceRun> start(std::span<const void* const> inputs, std::span<void* const> results, uint64_t version = 0);
  bool is_recorded() const;

 private:
  // Steps one behind the other on one side.
  struct Segment {
    int first, last;
    bool is_on_host;
    std::unique_ptr<devices::Runtime::Recording> recording = nullptr;
  };
  struct Slot {
    std::shared_ptr<ExchangeBuffer> buffer;
    std::shared_ptr<DeviceRun> run;  // the last that used it
  };
  void cut_into_segments();
  void wait_if_possible() noexcept;
  Slot& free_slot();
  void send(const ExchangeBuffer& buffer, std::span<const void* const> inputs);
  void send_inputs(const ExchangeBuffer& buffer);
  uintptr_t address_of(const Location& at) const;
  ir::KernelCall call_of(int step);
  uintptr_t status_address() const { return program_->may_set_status ? exchanged_.address() + exchange_->status : 0; }
  void read_status();
  void write_status();
  void run_segment(Segment& segment);
  void run_steps(int first, int last);
  void run_on_host(int index);
  void bind_operands(uintptr_t scratch);
  template <class Name>
  timeline::Span note(const char* category, Name name) const {
    return timeline::Span(is_traced_, category, name);
  }

  const std::shared_ptr<const Program> program_;
  const std::shared_ptr<const Exchange> exchange_;
  devices::Runtime& runtime_;
  devices::Allocator::Piece kept_, exchanged_, staged_;
  const std::unique_ptr<devices::Runtime::Mark> staged_is_free_;
  std::vector<uintptr_t> variables_, captures_;
  std::vector<std::unique_ptr<ir::KernelState>> states_;
  std::vector<std::vector<void*>> operands_;  // of each step
  std::vector<Segment> segments_;
  std::vector<Slot> slots_;
  uintptr_t scratch_ = 0;
  std::optional<uint64_t> settled_at_;  // the version that `kept_` is of
  ir::StatusWord status_;               // what the host's steps see of it
  const std::shared_ptr<std::atomic<bool>> failure_is_seen_ = std::make_shared<std::atomic<bool>>(true);
  bool is_bound_ = false;
  bool is_traced_ = false;
  TracedRuns traced_;
  int runs_ = 0;
};

}  // namespace cornu::plan
