#include "cornu/plan/device_runner.h"

#include <algorithm>
#include <cstring>
#include <map>

#include "cornu/base/threads.h"
#include "cornu/device/array.h"
#include "cornu/ir/card_status.h"
#include "cornu/plan/compile_kernels.h"

namespace cornu::plan {
namespace {

// So many runs may be under way: the device never waits for the next one. So much pinned memory of the host's may they hold, those of
// all programs together; each has room for one.
constexpr std::size_t kMostRuns = 8, kFewestRuns = 2, kPinned = 64 << 20, kPinnedByAll = std::size_t{1} << 30;

// What has no elements has an address all the same.
devices::Allocator::Piece take(devices::Allocator& memory, std::size_t bytes, const char* holder) {
  return memory.allocate(std::max<std::size_t>(bytes, 1), holder);
}

bool is_on_host(const Step& step) { return step.kernel->kind() == TargetKind::cpu; }

}  // namespace

DeviceRunner::DeviceRunner(std::shared_ptr<const Program> program, devices::Runtime& runtime)
    : program_(std::move(program)),
      exchange_(std::make_shared<Exchange>(*program_)),
      runtime_(runtime),
      kept_(take(runtime.memory(), static_cast<std::size_t>(program_->kept_bytes), "kept")),
      exchanged_(take(runtime.memory(), exchange_->bytes, "inputs and results")),
      staged_is_free_(runtime.mark()),
      variables_(program_->variables.size()),
      captures_(program_->captures.size()) {
  CORNU_CHECK(program_->forms.empty(), "a card's program reads variables as they are");
  for (const Step& step : program_->steps) states_.push_back(step.kernel->make_state());
  if (exchange_->is_staged()) staged_ = take(runtime.memory(), exchange_->status, "the next inputs");
  staged_is_free_->set();  // who had this memory before may still use it
  cut_into_segments();
}

// The device may still work on what goes now.
DeviceRunner::~DeviceRunner() { wait_if_possible(); }

void DeviceRunner::wait_if_possible() noexcept {
  try {
    runtime_.wait();
  } catch (const DeviceError&) {
  }
}

// Settled steps are of no segment.
void DeviceRunner::cut_into_segments() {
  for (int i = program_->settled_steps; i < static_cast<int>(program_->steps.size()); ++i) {
    const bool on_host = is_on_host(program_->steps[static_cast<std::size_t>(i)]);
    if (segments_.empty() || segments_.back().is_on_host != on_host) segments_.push_back({i, i, on_host});
    segments_.back().last = i + 1;
  }
}

bool DeviceRunner::is_recorded() const {
  return std::ranges::all_of(segments_, [](const Segment& segment) { return segment.is_on_host || segment.recording; });
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
    case Where::input: return exchanged_.address() + exchange_->inputs[index] + offset;
    case Where::variable: return variables_[index] + offset;
    case Where::capture: return captures_[index] + offset;
    case Where::result: return exchanged_.address() + exchange_->results[index] + offset;
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

ir::KernelCall DeviceRunner::call_of(int step) {
  const auto i = static_cast<std::size_t>(step);
  auto* scratch = reinterpret_cast<std::byte*>(scratch_ + static_cast<uintptr_t>(program_->steps[i].scratch));
  return {.operands = operands_[i].data(),
          .scratch = scratch,
          .state = states_[i].get(),
          .status = &status_,
          .threads = 1,
          .device = runtime_.handle(),
          .card_status = status_address(),
          .respects_status = program_->steps[i].writes_state};
}

// A record has the scratch's address in it.
void DeviceRunner::prepare() {
  const uintptr_t scratch = runtime_.scratch(static_cast<std::size_t>(std::max<int64_t>(program_->scratch_bytes, 1)));
  if (is_bound_ && scratch == scratch_) return;
  is_bound_ = false;
  if (runs_ > 0) runtime_.wait();
  for (Segment& segment : segments_) segment.recording.reset();
  runs_ = 0;
  bind_operands(scratch);
  if (slots_.empty()) add_slot();
  const timeline::Span span(timeline::watched(), "compile", [&] { return "kernels of " + program_->name; });
  if (!std::exchange(is_compiled_, true)) compile_kernels(*program_);
  for (int step = 0; step < static_cast<int>(program_->steps.size()); ++step)
    program_->steps[static_cast<std::size_t>(step)].kernel->prepare(call_of(step));
  is_bound_ = true;
}

// --- the exchange ---

void DeviceRunner::add_slot() {
  auto buffer = std::make_shared<ExchangeBuffer>();
  buffer->memory = take(runtime_.pinned_memory(), exchange_->bytes, "inputs and results");
  buffer->mark = runtime_.mark();
  slots_.push_back({std::move(buffer), nullptr});
}

bool DeviceRunner::may_add_slot() const {
  return slots_.size() < std::clamp(kPinned / exchange_->bytes, kFewestRuns, kMostRuns) &&
         runtime_.pinned_memory().statistics().in_use + exchange_->bytes <= kPinnedByAll;
}

// Runs end in the order of their start: the first slot's is the oldest.
DeviceRunner::Slot& DeviceRunner::free_slot() {
  const Slot& oldest = slots_.front();
  if (oldest.run && !oldest.run->is_over() && may_add_slot()) try {
      add_slot();
      return slots_.back();
    } catch (const ResourceExhaustedError&) {  // as long as there is one
    }
  std::rotate(slots_.begin(), slots_.begin() + 1, slots_.end());
  if (slots_.back().run) slots_.back().run->finish();
  return slots_.back();
}

bool DeviceRunner::is_awaited() const {
  return std::ranges::any_of(slots_, [](const Slot& slot) { return slot.run.use_count() > 1; });
}

void DeviceRunner::send_inputs(const ExchangeBuffer& buffer) {
  if (!exchange_->is_staged()) return runtime_.start_copy_in(exchanged_.address(), buffer.bytes(), exchange_->status);
  runtime_.copy_in_beside(staged_.address(), buffer.bytes(), exchange_->status, *staged_is_free_);
  runtime_.copy(exchanged_.address(), staged_.address(), exchange_->status);
  staged_is_free_->set();
}

// Each run of a program that writes no state has a status of its own.
void DeviceRunner::send(const ExchangeBuffer& buffer, std::span<const void* const> inputs) {
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (const std::size_t bytes = size_of(program_->inputs[i]))
      std::memcpy(buffer.bytes() + exchange_->inputs[i], inputs[i], bytes);
  send_inputs(buffer);
  if (!program_->may_set_status || !(program_->writes.empty() | failure_is_seen_->exchange(false))) return;
  static_assert(ir::StatusWord::ok == 0);
  runtime_.clear(status_address(), sizeof(ir::CardStatus));
  status_.clear();
}

std::shared_ptr<DeviceRun> DeviceRunner::start(std::span<const void* const> inputs, std::span<void* const> results,
                                               uint64_t version) {
  is_traced_ = traced_.next();
  const auto trace = is_traced_ ? runtime_.trace() : nullptr;
  prepare();
  Slot& slot = free_slot();
  slot.run = nullptr;
  try {
    send(*slot.buffer, inputs);
    if (settled_at_ != version) {
      settled_at_.reset();
      run_steps(0, program_->settled_steps);
      settled_at_ = version;
    }
    for (Segment& segment : segments_) run_segment(segment);
    ++runs_;
    const std::size_t first = program_->may_set_status ? exchange_->status : exchange_->status_end;
    runtime_.start_copy_out(slot.buffer->bytes() + first, exchanged_.address() + first, exchange_->bytes - first);
    slot.buffer->mark->set();
    if (is_traced_) {  // a trace wants its work to be done
      const auto span = note("wait", [] { return "the device"; });
      runtime_.wait();
    }
  } catch (...) {
    wait_if_possible();  // it may still read there
    throw;
  }
  return slot.run = std::make_shared<DeviceRun>(program_, exchange_, slot.buffer, results, failure_is_seen_);
}

// --- steps ---

// A library may load code of its own at its first call, which a recording does not allow: the first run is not recorded.
void DeviceRunner::run_segment(Segment& segment) {
  if (!segment.is_on_host && runs_ == 1) segment.recording = runtime_.record([&] { run_steps(segment.first, segment.last); });
  if (!segment.recording) return run_steps(segment.first, segment.last);
  const auto span = note("enqueue", [&] { return fmt::format("{} recorded steps", segment.last - segment.first); });
  segment.recording->launch();
}

void DeviceRunner::run_steps(int first, int last) {
  for (int i = first; i < last; ++i) {
    const Step& step = program_->steps[static_cast<std::size_t>(i)];
    const auto span = note(is_on_host(step) ? "kernel" : "enqueue", [&] { return step.kernel->describe(); });
    if (is_on_host(step)) run_on_host(i);
    else step.kernel->run(call_of(i));
  }
}

void DeviceRunner::read_status() {
  if (!status_address()) return;
  ir::CardStatus found;
  runtime_.copy_out(&found, status_address(), sizeof found);
  if (found.code != ir::StatusWord::ok)
    status_.set(static_cast<ir::StatusWord::Code>(found.code), ir::checker_of(found.checker), found.value, found.limit);
}

// What a host step found, for the steps of the card behind it.
void DeviceRunner::write_status() {
  if (!status_address() || !status_.is_set()) return;
  const ir::CardStatus found{status_.code, ir::number_of_checker(status_.op), status_.value, status_.limit};
  runtime_.copy_in(status_address(), &found, sizeof found);
}

// Operands of one place are one on the host too.
void DeviceRunner::run_on_host(int index) {
  const Step& step = program_->steps[static_cast<std::size_t>(index)];
  read_status();
  if (step.writes_state && status_.is_set()) return;
  const std::vector<void*>& at = operands_[static_cast<std::size_t>(index)];
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
    step.kernel->run({operands.data(), scratch.get(), states_[static_cast<std::size_t>(index)].get(), &status_, 1, nullptr});
  }
  for (std::size_t i = static_cast<std::size_t>(step.inputs); i < at.size(); ++i)
    runtime_.copy_in(reinterpret_cast<uintptr_t>(at[i]), operands[i], static_cast<std::size_t>(step.bytes[i]));
  write_status();
}

}  // namespace cornu::plan
