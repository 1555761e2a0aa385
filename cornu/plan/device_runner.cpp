#include "cornu/plan/device_runner.h"

#include <cstring>
#include <map>

#include "cornu/base/threads.h"
#include "cornu/device/array.h"
#include "cornu/ir/card_status.h"
#include "cornu/plan/memory.h"

namespace cornu::plan {
namespace {

// Of results that lie together: kernels write as wide as they can.
constexpr int64_t kResultAlignment = 256;

std::size_t size_of(const ir::Spec& spec) { return static_cast<std::size_t>(ir::bytes_of(spec)); }

// What has no elements has an address all the same.
devices::Allocator::Piece take(devices::Runtime& runtime, std::size_t bytes, const char* holder) {
  return runtime.memory().allocate(std::max<std::size_t>(bytes, 1), holder);
}

}  // namespace

DeviceRunner::DeviceRunner(std::shared_ptr<const Program> program, devices::Runtime& runtime)
    : program_(std::move(program)),
      runtime_(runtime),
      kept_(take(runtime, static_cast<std::size_t>(program_->kept_bytes), "kept")),
      variables_(program_->variables.size()),
      captures_(program_->captures.size()) {
  CORNU_CHECK(program_->forms.empty(), "a card's program reads variables as they are");
  for (const ir::Spec& spec : program_->inputs) inputs_.push_back(take(runtime, size_of(spec), "inputs"));
  std::size_t bytes = 0;
  for (const ir::Spec& spec : program_->results) {
    result_offsets_.push_back(bytes);
    bytes += static_cast<std::size_t>(aligned(static_cast<int64_t>(size_of(spec)), kResultAlignment));
  }
  result_offsets_.push_back(bytes);
  results_ = take(runtime, bytes + sizeof(ir::CardStatus), "results");
  for (const Step& step : program_->steps) {
    states_.push_back(step.kernel->make_state());
    has_host_steps_ |= step.kernel->kind() == TargetKind::cpu;
  }
}

// The device may still work on what goes now.
DeviceRunner::~DeviceRunner() {
  try {
    runtime_.wait();
  } catch (const DeviceError&) {
  }
}

void DeviceRunner::bind(Where where, int index, uintptr_t address) {
  CORNU_CHECK(where == Where::variable || where == Where::capture);
  (where == Where::variable ? variables_ : captures_)[static_cast<std::size_t>(index)] = address;
  is_bound_ = false;
}

uintptr_t DeviceRunner::address_of(const Location& at) const {
  const auto index = static_cast<std::size_t>(at.index);
  const auto offset = static_cast<uintptr_t>(at.offset);
  switch (at.where) {
    case Where::input: return inputs_[index].address() + offset;
    case Where::variable: return variables_[index] + offset;
    case Where::capture: return captures_[index] + offset;
    case Where::result: return results_.address() + result_offsets_[index] + offset;
    case Where::scratch: return scratch_ + offset;
    case Where::kept: return kept_.address() + offset;
    case Where::form: break;
  }
  throw InternalError("a card's program has no forms");
}

void DeviceRunner::bind_operands(uintptr_t scratch) {
  scratch_ = scratch;
  operands_.clear();
  for (const Step& step : program_->steps) {
    auto& all = operands_.emplace_back();
    for (const Location& at : step.operands) all.push_back(reinterpret_cast<void*>(address_of(at)));
  }
}

ir::KernelCall DeviceRunner::call_of(int step, ir::StatusWord& status) const {
  const auto i = static_cast<std::size_t>(step);
  auto* scratch = reinterpret_cast<std::byte*>(scratch_ + static_cast<uintptr_t>(program_->steps[i].scratch));
  return {.operands = operands_[i].data(),
          .scratch = scratch,
          .state = states_[i].get(),
          .status = &status,
          .threads = 1,
          .device = runtime_.handle(),
          .card_status = status_address(),
          .respects_status = program_->steps[i].writes_state};
}

void DeviceRunner::prepare(ir::StatusWord& status) {
  const uintptr_t scratch = runtime_.scratch(static_cast<std::size_t>(std::max<int64_t>(program_->scratch_bytes, 1)));
  if (is_bound_ && scratch == scratch_) return;
  is_bound_ = false;
  recording_.reset();
  runs_ = 0;
  bind_operands(scratch);
  const timeline::Span span(timeline::watched(), "compile", [&] { return "kernels of " + program_->name; });
  for (int step = 0; step < static_cast<int>(program_->steps.size()); ++step)
    program_->steps[static_cast<std::size_t>(step)].kernel->prepare(call_of(step, status));
  is_bound_ = true;
}

uintptr_t DeviceRunner::status_address() const {
  return program_->may_set_status ? results_.address() + result_offsets_.back() : 0;
}

// What the card found first. It is cleared only where it was set.
void DeviceRunner::take_status(const ir::CardStatus& found, ir::StatusWord& status) {
  status_is_clear_ = found.code == ir::StatusWord::ok;
  if (!status_is_clear_)
    status.set(static_cast<ir::StatusWord::Code>(found.code), ir::checker_of(found.checker), found.value, found.limit);
}

void DeviceRunner::read_status(ir::StatusWord& status) {
  if (!status_address()) return;
  ir::CardStatus found;
  runtime_.copy_out(&found, status_address(), sizeof found);
  take_status(found, status);
}

// What a host step found, for the steps of the card behind it.
void DeviceRunner::write_status(const ir::StatusWord& status) {
  if (!status_address() || !status.is_set()) return;
  const ir::CardStatus found{status.code, ir::number_of_checker(status.op), status.value, status.limit};
  runtime_.copy_in(status_address(), &found, sizeof found);
}

// A copy costs more than its bytes: small results come with the status, in one.
void DeviceRunner::read_results(std::span<void* const> results, ir::StatusWord& status) {
  constexpr std::size_t kSmall = 64 << 10;
  const std::size_t bytes = result_offsets_.back() + (status_address() ? sizeof(ir::CardStatus) : 0);
  if (bytes > kSmall) {
    for (std::size_t i = 0; i < results.size(); ++i)
      runtime_.copy_out(results[i], results_.address() + result_offsets_[i], size_of(program_->results[i]));
    return read_status(status);
  }
  std::vector<std::byte> all(bytes);
  runtime_.copy_out(all.data(), results_.address(), bytes);
  for (std::size_t i = 0; i < results.size(); ++i)
    std::memcpy(results[i], all.data() + result_offsets_[i], size_of(program_->results[i]));
  if (ir::CardStatus found; status_address()) {
    std::memcpy(&found, all.data() + result_offsets_.back(), sizeof found);
    take_status(found, status);
  }
}

// A library may load code of its own at its first call, which a recording does not allow: the first run is not recorded.
void DeviceRunner::run(std::span<const void* const> inputs, std::span<void* const> results, ir::StatusWord& status,
                       uint64_t version) {
  is_traced_ = traced_.next();
  const auto trace = is_traced_ ? runtime_.trace() : nullptr;
  prepare(status);
  for (std::size_t i = 0; i < inputs.size(); ++i) runtime_.copy_in(inputs_[i].address(), inputs[i], size_of(program_->inputs[i]));
  if (const ir::CardStatus clear; status_address() && !status_is_clear_) runtime_.copy_in(status_address(), &clear, sizeof clear);
  const int settled = program_->settled_steps, steps = static_cast<int>(program_->steps.size());
  if (settled_at_ != version) {
    settled_at_.reset();
    run_steps(0, settled, status);
    settled_at_ = version;
  }
  if (!has_host_steps_ && runs_ == 1) recording_ = runtime_.record([&] { run_steps(settled, steps, status); });
  if (recording_) {
    const auto span = note("enqueue", [] { return "the recorded program"; });
    recording_->launch();
  } else {
    run_steps(settled, steps, status);
  }
  ++runs_;
  const auto span = note("wait", [] { return "results"; });
  read_results(results, status);
  runtime_.wait();
}

void DeviceRunner::run_steps(int first, int last, ir::StatusWord& status) {
  for (int i = first; i < last; ++i) {
    const Step& step = program_->steps[static_cast<std::size_t>(i)];
    const bool is_on_host = step.kernel->kind() == TargetKind::cpu;
    const auto span = note(is_on_host ? "kernel" : "enqueue", [&] { return step.kernel->describe(); });
    if (is_on_host) {
      read_status(status);
      if (step.writes_state && status.is_set()) continue;
      run_on_host(step, states_[static_cast<std::size_t>(i)].get(), status);
      write_status(status);
    } else {
      step.kernel->run(call_of(i, status));
    }
  }
}

// Operands of one place are one on the host too.
void DeviceRunner::run_on_host(const Step& step, ir::KernelState* state, ir::StatusWord& status) {
  const auto index = static_cast<std::size_t>(&step - program_->steps.data());
  const std::vector<void*>& at = operands_[index];
  std::map<void*, std::size_t> bytes;  // of the largest operand at a place
  for (std::size_t i = 0; i < at.size(); ++i) bytes[at[i]] = std::max(bytes[at[i]], static_cast<std::size_t>(step.bytes[i]));
  std::map<void*, std::shared_ptr<std::byte>> copies;
  for (const auto& [place, size] : bytes) {
    copies[place] = devices::allocate_memory(size);
    runtime_.copy_out(copies[place].get(), reinterpret_cast<uintptr_t>(place), size);
  }
  runtime_.wait();
  std::vector<void*> operands;
  for (void* const place : at) operands.push_back(copies[place].get());
  const auto scratch = devices::allocate_memory(step.kernel->scratch_bytes());
  {
    FlushDenormals flush;
    step.kernel->run({operands.data(), scratch.get(), state, &status, 1, nullptr});
  }
  for (std::size_t i = static_cast<std::size_t>(step.inputs); i < at.size(); ++i)
    runtime_.copy_in(reinterpret_cast<uintptr_t>(at[i]), operands[i], static_cast<std::size_t>(step.bytes[i]));
}

}  // namespace cornu::plan
