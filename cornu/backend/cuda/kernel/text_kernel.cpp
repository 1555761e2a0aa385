#include "cornu/backend/cuda/kernel/text_kernel.h"

#include <fmt/format.h>

#include <algorithm>

#include "cornu/backend/cuda/library/calls.h"

namespace cornu::cuda {
namespace {

class TextState final : public ir::KernelState {
 public:
  std::vector<CUfunction> functions;  // of each launch
};

uint64_t value_of(const Argument& argument, const ir::KernelCall& call) {
  switch (argument.kind) {
    case Argument::Kind::operand: return reinterpret_cast<uint64_t>(call.operands[argument.value]);
    case Argument::Kind::scratch: return reinterpret_cast<uint64_t>(call.scratch) + argument.value;
    case Argument::Kind::status: return call.card_status;
    case Argument::Kind::number: return argument.value;
  }
  __builtin_unreachable();
}

}  // namespace

std::unique_ptr<ir::KernelState> TextKernel::make_state() const { return std::make_unique<TextState>(); }

void TextKernel::prepare(const ir::KernelCall& call) const {
  auto& functions = static_cast<TextState&>(*call.state).functions;
  if (!functions.empty()) return;
  for (const TextLaunch& launch : launches_)
    functions.push_back(loaded(*static_cast<Runtime*>(call.device), launch.text.name, [&] { return launch.text; }));
}

void TextKernel::compile(const Target& target) const {
  for (const TextLaunch& launch : launches_)
    compile_ahead(
        launch.text.name, [&] { return launch.text; }, target.cuda.compute_capability / 10);
}

ir::KernelReport TextKernel::report(const Target& target) const {
  ir::KernelReport out;
  for (const TextLaunch& launch : launches_) {
    const ir::KernelReport one = report_of(launch.text, target);
    out.registers = std::max(out.registers, one.registers);
    out.shared_bytes = std::max(out.shared_bytes, one.shared_bytes);
    out.stack_bytes = std::max(out.stack_bytes, one.stack_bytes);
    out.threads = std::max<int64_t>(out.threads, launch.grid.threads);
  }
  return out;
}

void TextKernel::run(const ir::KernelCall& call) const {
  const auto& runtime = *static_cast<Runtime*>(call.device);
  const auto& functions = static_cast<const TextState&>(*call.state).functions;
  std::vector<uint64_t> values;
  std::vector<void*> parameters;
  for (std::size_t i = 0; i < launches_.size(); ++i) {
    values.clear();
    parameters.clear();
    for (const Argument& argument : launches_[i].arguments) values.push_back(value_of(argument, call));
    for (uint64_t& value : values) parameters.push_back(&value);
    parameters.push_back(nullptr);
    launch_raw(functions[i], launches_[i].grid, runtime.stream(), parameters.data());
  }
}

Grid grid_for(int64_t threads, const Target& target) {
  const int64_t most = 8 * std::max<int64_t>(target.cuda.multiprocessors, 1);
  return {static_cast<unsigned>(std::clamp<int64_t>((threads + kTextBlock - 1) / kTextBlock, 1, most)), kTextBlock};
}

std::string parameter_list(const char* name, std::size_t count, const char* type) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += fmt::format(", {} {}{}", type, name, i);
  return out;
}
std::string name_list(const char* name, std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += fmt::format("{}{}{}", i ? ", " : "", name, i);
  return out;
}

const char* counter_for(int64_t things) { return things > (int64_t{1} << 30) ? "int64_t" : "int32_t"; }

}  // namespace cornu::cuda
