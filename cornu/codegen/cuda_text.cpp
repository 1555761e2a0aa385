#include "cornu/codegen/cuda_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "cornu/base/errors.h"

namespace cornu::codegen {

extern const char kCudaPrologue[];  // cmake/CornuTools.cmake makes it

namespace {

using namespace ir;

constexpr unsigned kBlock = 256, kWarp = 32;

// Points of all loops of a kind.
int64_t points_of(const KernelProgram& program, const Launch& launch, Loop kind) {
  int64_t points = 1;
  for (std::size_t l = 0; l < program.loops.size(); ++l)
    if (program.loops[l] == kind) points *= launch.extents[l];
  return points;
}

const char* type_of(RegisterType type) {
  constexpr const char* kNames[] = {"float", "double", "int32_t", "int64_t", "uint32_t", "uint64_t", "bool"};
  return kNames[int(type)];
}

const char* reduction_of(ReduceKind kind) {
  constexpr const char* kNames[] = {"Sum", "Prod", "Max", "Min", "Any", "All", "ArgMax", "ArgMin"};
  return kNames[int(kind)];
}
bool is_position(ReduceKind kind) { return kind == ReduceKind::argmax || kind == ReduceKind::argmin; }

// Where a launch's numbers stand in its block of words.
struct Layout {
  explicit Layout(const KernelProgram& program) : loops(program.loops.size()), operands(program.operands.size()) {}
  std::size_t points() const { return 0; }   // of the kept loops
  std::size_t reduced() const { return 1; }  // of the reduced ones
  std::size_t status() const { return 2; }   // where the status word is that stops it, or 0
  std::size_t extent(std::size_t loop) const { return 3 + loop; }
  std::size_t address(std::size_t operand) const { return 3 + loops + operand * (1 + loops); }
  std::size_t stride(std::size_t operand, std::size_t loop) const { return address(operand) + 1 + loop; }
  std::size_t number(std::size_t i) const { return 3 + loops + operands * (1 + loops) + i; }

  std::size_t loops, operands;
};

class Writer {
 public:
  Writer(const KernelProgram& program, const CudaForm& form)
      : program_(program), form_(form), layout_(program), phases_(program.phases()), is_late_(program.registers.size()) {
    for (std::size_t i = 0; i < program.code.size(); ++i) {
      const Instruction& instruction = program.code[i];
      phase_count_ = std::max(phase_count_, phases_[i] + 1);
      if (instruction.result == kNoRegister || instruction.space == Space::full) continue;
      is_late_[instruction.result] =
          instruction.prim == Prim::reduce || any_operand(instruction, [&](RegisterId r) { return is_late_[r]; });
    }
  }

  std::string text(const std::string& name) {
    line("extern \"C\" __global__ void __launch_bounds__({}) {}(const unsigned long long* const table) {{", kBlock, name);
    ++depth_;
    line("using namespace cornu::kernel;");
    line("using Count = {};", form_.is_wide ? "int64_t" : "int32_t");
    line("const unsigned long long* const words = table + blockIdx.y * {};", words());
    line("if (is_stopped(words[{}])) return;", layout_.status());
    line("const Count points = words[{}];", layout_.points());
    for (std::size_t l = 0; l < program_.loops.size(); ++l) line("const Count e{} = words[{}];", l, layout_.extent(l));
    declare_operands();
    declare_shared();
    for (const Instruction& i : program_.code)
      if (i.space == Space::uniform && i.prim != Prim::store && i.prim != Prim::reduce) write(i);
    over_kept_points();
    --depth_;
    line("}}");
    return std::move(text_);
  }

 private:
  template <class... A>
  void line(fmt::format_string<A...> format, A&&... arguments) {
    text_.append(2 * depth_, ' ');
    fmt::format_to(std::back_inserter(text_), format, std::forward<A>(arguments)...);
    text_ += '\n';
  }
  template <class F>
  static bool any_operand(const Instruction& i, F f) {
    return std::ranges::any_of(i.operands, [&](RegisterId r) { return r != kNoRegister && f(r); });
  }
  std::size_t words() const {
    std::size_t numbers = 0;
    for (const Instruction& i : program_.code)
      if (i.prim == Prim::number) numbers = std::max<std::size_t>(numbers, i.immediate + 1);
    return layout_.number(numbers);
  }
  bool has_memory(std::size_t operand) const { return program_.operands[operand].access != Access::index; }
  bool walks(std::size_t operand, std::size_t loop) const {
    const Space space = program_.operands[operand].space;
    return space == Space::full || (space == Space::kept && program_.loops[loop] == Loop::kept);
  }

  void declare_operands() {
    for (std::size_t o = 0; o < program_.operands.size(); ++o) {
      if (has_memory(o)) line("char* const p{} = reinterpret_cast<char*>(words[{}]);", o, layout_.address(o));
      else line("const int64_t p{} = words[{}];", o, layout_.address(o));
      for (std::size_t l = 0; l < program_.loops.size(); ++l)
        if (walks(o, l)) line("const int64_t s{}_{} = words[{}];", o, l, layout_.stride(o, l));
    }
  }
  // One array a type that is reduced by the whole block.
  void declare_shared() {
    if (form_.team != Team::block) return;
    for (const Instruction& i : program_.code)
      if (i.prim == Prim::reduce) line("__shared__ {} shared{}[{}];", partial_type(i), i.result, kBlock / kWarp);
  }

  // --- loops ---

  void over_kept_points() {
    const char* team = form_.team == Team::thread ? "1" : form_.team == Team::warp ? "32" : "blockDim.x";
    line("const Count teams = Count(gridDim.x) * (blockDim.x / {});", team);
    if (form_.team != Team::thread) line("const int lane = threadIdx.x % {};", team);
    line("for (Count at = Count(blockIdx.x) * (blockDim.x / {0}) + threadIdx.x / {0}; at < points; at += teams) {{", team);
    ++depth_;
    divide("at", Loop::kept);
    write_kept(false, 0);
    for (int phase = 0; phase < phase_count_; ++phase) {
      over_reduced_points(phase);
      write_kept(true, phase);
    }
    --depth_;
    line("}}");
  }

  // i0, i1, ...: the place in each loop of a kind, from a number of its points.
  void divide(const char* number, Loop kind) {
    std::vector<std::size_t> loops;
    for (std::size_t l = 0; l < program_.loops.size(); ++l)
      if (program_.loops[l] == kind) loops.push_back(l);
    if (loops.empty()) return;
    line("Count left_{0} = {0};", number);
    for (std::size_t k = loops.size(); k-- > 0;) {
      if (k == 0) line("const Count i{} = left_{};", loops[k], number);
      else line("const Count i{0} = left_{1} % e{0}; left_{1} /= e{0};", loops[k], number);
    }
  }

  bool is_of(const Instruction& i, int phase) const {
    return phases_[static_cast<std::size_t>(&i - program_.code.data())] == phase;
  }

  // Kept code: what comes from no reduction before everything, the rest behind the phase that it waits for.
  void write_kept(bool late, int phase) {
    for (const Instruction& i : program_.code) {
      if (i.space == Space::full || i.prim == Prim::reduce) continue;
      if (i.prim == Prim::store) {
        if (late && is_of(i, phase)) store_kept(i);
      } else if (i.space == Space::kept && is_late_[i.result] == late && (!late || is_of(i, phase))) {
        write(i);
      }
    }
  }
  void store_kept(const Instruction& i) {
    if (form_.team != Team::thread) line("if (lane == 0) {{");
    write(i);
    if (form_.team != Team::thread) line("}}");
  }

  // The full code that the reductions and stores of a phase need, over all points; what earlier phases knew is computed again.
  void over_reduced_points(int phase) {
    std::vector<const Instruction*> ends;
    for (const Instruction& i : program_.code)
      if (is_of(i, phase) && (i.prim == Prim::reduce || (i.prim == Prim::store && i.space == Space::full))) ends.push_back(&i);
    if (ends.empty()) return;
    for (const Instruction* i : ends)
      if (i->prim == Prim::reduce) line("{0} t{1} = {2}::identity();", partial_type(*i), i->result, reduction(*i));
    if (form_.team == Team::thread) line("for (Count r = 0; r < Count(words[{}]); ++r) {{", layout_.reduced());
    else
      line("for (Count r = lane; r < Count(words[{}]); r += {}) {{", layout_.reduced(),
           form_.team == Team::warp ? "32" : "blockDim.x");
    ++depth_;
    divide("r", Loop::reduced);
    const std::vector<bool> needed = needed_by(ends);
    for (const Instruction& i : program_.code) {
      if (i.space == Space::full && i.result != kNoRegister && i.prim != Prim::reduce && needed[i.result]) write(i);
      if (std::ranges::find(ends, &i) == ends.end()) continue;
      if (i.prim == Prim::store) write(i);
      else line("t{0} = {1}::apply(t{0}, {2});", i.result, reduction(i), partial_value(i));
    }
    --depth_;
    line("}}");
    for (const Instruction* i : ends)
      if (i->prim == Prim::reduce) line("const {} r{} = result_of({});", type_of(i->type), i->result, of_team(*i));
  }

  std::vector<bool> needed_by(const std::vector<const Instruction*>& ends) const {
    std::vector<bool> needed(program_.registers.size());
    for (const Instruction* end : ends) needed[end->operands[0]] = true;
    for (std::size_t k = program_.code.size(); k-- > 0;) {
      const Instruction& i = program_.code[k];
      if (i.result == kNoRegister || !needed[i.result] || i.space != Space::full) continue;
      for (RegisterId r : i.operands)
        if (r != kNoRegister) needed[r] = true;
    }
    return needed;
  }

  // --- reductions ---

  std::string value_type(const Instruction& i) const {
    return is_position(static_cast<ReduceKind>(i.immediate)) ? type_of(program_.registers[i.operands[0]]) : type_of(i.type);
  }
  std::string reduction(const Instruction& i) const {
    return fmt::format("{}<{}>", reduction_of(static_cast<ReduceKind>(i.immediate)), value_type(i));
  }
  std::string partial_type(const Instruction& i) const {
    return is_position(static_cast<ReduceKind>(i.immediate)) ? fmt::format("Best<{}>", value_type(i)) : value_type(i);
  }
  std::string partial_value(const Instruction& i) const {
    const std::string value = fmt::format("convert<{}>(r{})", value_type(i), i.operands[0]);
    return is_position(static_cast<ReduceKind>(i.immediate)) ? fmt::format("{}{{{}, int32_t(r)}}", partial_type(i), value)
                                                             : value;
  }
  std::string of_team(const Instruction& i) const {
    if (form_.team == Team::thread) return fmt::format("t{}", i.result);
    if (form_.team == Team::warp) return fmt::format("across_warp<{}>(t{})", reduction(i), i.result);
    return fmt::format("across_block<{0}>(t{1}, shared{1})", reduction(i), i.result);
  }

  // --- instructions ---

  std::string offset(std::size_t operand) const {
    std::string sum;
    for (std::size_t l = 0; l < program_.loops.size(); ++l)
      if (walks(operand, l)) sum += fmt::format("{}i{} * s{}_{}", sum.empty() ? "" : " + ", l, operand, l);
    return sum.empty() ? "0" : sum;
  }

  static std::string bits(RegisterType type, uint64_t immediate) {
    switch (type) {
      case RegisterType::f32: return fmt::format("bitcast<float>({}u)", static_cast<uint32_t>(immediate));
      case RegisterType::f64: return fmt::format("bitcast<double>(uint64_t({}ul))", immediate);
      case RegisterType::boolean: return immediate ? "true" : "false";
      default: return fmt::format("{}({}ul)", type_of(type), immediate);
    }
  }
  static std::string number(RegisterType type, const std::string& word) {
    switch (type) {
      case RegisterType::f32: return fmt::format("bitcast<float>(uint32_t({}))", word);
      case RegisterType::f64: return fmt::format("bitcast<double>(uint64_t({}))", word);
      case RegisterType::boolean: return fmt::format("{} != 0", word);
      default: return fmt::format("{}({})", type_of(type), word);
    }
  }

  std::string value(const Instruction& i) const {
    const auto operand = static_cast<std::size_t>(i.immediate);
    const char* type = type_of(i.type);
    switch (i.prim) {
      case Prim::load:
        return fmt::format("load<{}, {}>(p{}, {})", cuda_type(program_.operands[operand].dtype), type, operand, offset(operand));
      case Prim::index: return fmt::format("{}(p{} + {})", type, operand, offset(operand));
      case Prim::constant: return bits(i.type, i.immediate);
      case Prim::number: return number(i.type, fmt::format("words[{}]", layout_.number(i.immediate)));
      case Prim::convert: return fmt::format("convert<{}>(r{})", type, i.operands[0]);
      case Prim::wrap: return fmt::format("wrap<{}>(r{})", cuda_type(DType(static_cast<uint8_t>(i.immediate))), i.operands[0]);
      case Prim::bitcast: return fmt::format("bitcast<{}>(r{})", type, i.operands[0]);
      default: return call(i);
    }
  }
  std::string call(const Instruction& i) const {
    std::string text = fmt::format("op_{}(", name_of(i.prim));
    for (int k = 0; k < operand_count(i.prim); ++k)
      text += fmt::format("{}r{}", k ? ", " : "", i.operands[static_cast<std::size_t>(k)]);
    return text + ")";
  }

  void write(const Instruction& i) {
    if (i.prim != Prim::store) return line("const {} r{} = {};", type_of(i.type), i.result, value(i));
    const auto operand = static_cast<std::size_t>(i.immediate);
    line("store<{}>(p{}, {}, r{});", cuda_type(program_.operands[operand].dtype), operand, offset(operand), i.operands[0]);
  }

  const KernelProgram& program_;
  const CudaForm form_;
  const Layout layout_;
  const std::vector<int> phases_;
  std::vector<bool> is_late_;  // kept registers that come from a reduction
  int phase_count_ = 1;
  std::size_t depth_ = 0;
  std::string text_;
};

// The innermost loop that is not of one point decides how neighbours lie.
bool reduces_neighbours(const KernelProgram& program, const Launch& launch) {
  for (std::size_t l = program.loops.size(); l-- > 0;)
    if (launch.extents[l] > 1) return program.loops[l] == Loop::reduced;
  return false;
}

}  // namespace

std::string cuda_type(DType dtype) {
  if (dtype == float16) return "float16_t";
  if (dtype == bfloat16) return "bfloat16_t";
  if (dtype == bool_) return "bool";
  if (dtype.is_floating()) return dtype.size() == 8 ? "double" : "float";
  return fmt::format("{}int{}_t", dtype.kind() == DTypeKind::unsigned_integer ? "u" : "", 8 * dtype.size());
}

CudaForm cuda_form(const KernelProgram& program, const Launch& launch) {
  constexpr int64_t kManyPoints = 4096, kLongRow = 1024;
  const int64_t kept = points_of(program, launch, Loop::kept), reduced = points_of(program, launch, Loop::reduced);
  constexpr int64_t kNarrow = int64_t{1} << 30;  // with what a grid adds at a time
  CudaForm form{.is_wide = kept > kNarrow || reduced > kNarrow};
  if (reduced < 8 || (!reduces_neighbours(program, launch) && kept >= kManyPoints)) return form;
  form.team = reduced >= kLongRow ? Team::block : Team::warp;
  return form;
}

std::string cuda_name(const KernelProgram& program, const CudaForm& form) {
  constexpr const char* kTeams[] = {"thread", "warp", "block"};
  return fmt::format("k_{:016x}_{}{}", program.key(), kTeams[int(form.team)], form.is_wide ? "_wide" : "");
}

std::string cuda_kernel(const KernelProgram& program, const CudaForm& form) {
  return Writer(program, form).text(cuda_name(program, form));
}

std::string cuda_prologue() { return kCudaPrologue; }

std::vector<uint64_t> cuda_words(const KernelProgram& program, const Launch& launch, const std::vector<uint64_t>& addresses,
                                 uint64_t status) {
  const Layout layout(program);
  std::vector<uint64_t> words(layout.number(launch.numbers.size()));
  words[layout.points()] = static_cast<uint64_t>(points_of(program, launch, Loop::kept));
  words[layout.reduced()] = static_cast<uint64_t>(points_of(program, launch, Loop::reduced));
  words[layout.status()] = status;
  for (std::size_t l = 0; l < program.loops.size(); ++l) words[layout.extent(l)] = static_cast<uint64_t>(launch.extents[l]);
  std::size_t next = 0;
  for (std::size_t o = 0; o < program.operands.size(); ++o) {
    const LaunchOperand& walk = launch.operands[o];
    const KernelOperand& operand = program.operands[o];
    const int64_t bytes = operand.access == Access::index ? 1 : static_cast<int64_t>(operand.dtype.size());
    const uint64_t base = operand.access == Access::index ? 0 : addresses.at(next++);
    words[layout.address(o)] = base + static_cast<uint64_t>(walk.offset * bytes);
    for (std::size_t l = 0; l < program.loops.size(); ++l)
      words[layout.stride(o, l)] = static_cast<uint64_t>(l < walk.strides.size() ? walk.strides[l] : 0);
  }
  std::ranges::copy(launch.numbers, words.begin() + static_cast<std::ptrdiff_t>(layout.number(0)));
  return words;
}

CudaGrid cuda_grid(const KernelProgram& program, const Launch& launch, const CudaForm& form, const CudaProperties& card) {
  const int64_t kept = points_of(program, launch, Loop::kept);
  const int64_t teams = form.team == Team::thread ? kBlock : form.team == Team::warp ? kBlock / kWarp : 1;
  // Enough to fill the card a few times; what is over goes round.
  const int64_t most = 8 * std::max<int64_t>(card.multiprocessors, 1);
  return {static_cast<unsigned>(std::clamp<int64_t>((kept + teams - 1) / teams, 1, most)), kBlock};
}

}  // namespace cornu::codegen
