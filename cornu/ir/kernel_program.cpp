#include "cornu/ir/kernel_program.h"

#include <algorithm>
#include <bit>
#include <iterator>

#include "cornu/base/errors.h"
#include "cornu/ir/attributes.h"

namespace cornu::ir {
namespace {

struct PrimRow {
  std::string_view name;
  int operands;
};
constexpr PrimRow rows[] = {
    {"load", 0}, {"store", 1}, {"constant", 0}, {"number", 0},  {"index", 0},    {"convert", 1},    {"wrap", 1},   {"bitcast", 1},
    {"add", 2},  {"sub", 2},   {"mul", 2},      {"div", 2},     {"rem", 2},      {"neg", 1},        {"abs", 1},    {"min", 2},
    {"max", 2},  {"fma", 3},   {"sqrt", 1},     {"floor", 1},   {"ceil", 1},     {"round", 1},      {"trunc", 1},  {"and", 2},
    {"or", 2},   {"xor", 2},   {"not", 1},      {"shl", 2},     {"shr", 2},      {"eq", 2},         {"ne", 2},     {"lt", 2},
    {"le", 2},   {"gt", 2},    {"ge", 2},       {"select", 3},  {"exp", 1},      {"expm1", 1},      {"log", 1},    {"log1p", 1},
    {"log2", 1}, {"sin", 1},   {"cos", 1},      {"tan", 1},     {"asin", 1},     {"acos", 1},       {"atan", 1},   {"sinh", 1},
    {"cosh", 1}, {"tanh", 1},  {"asinh", 1},    {"acosh", 1},   {"atanh", 1},    {"erf", 1},        {"erfc", 1},   {"erf_inv", 1},
    {"pow", 2},  {"atan2", 2}, {"lgamma", 1},   {"digamma", 1}, {"gammainc", 2}, {"gammainc_a", 2}, {"philox", 3}, {"reduce", 1},
};
static_assert(std::size(rows) == static_cast<std::size_t>(Prim::reduce) + 1);
const PrimRow& row(Prim prim) { return rows[static_cast<std::size_t>(prim)]; }

bool is_comparison(Prim prim) { return prim >= Prim::eq && prim <= Prim::ge; }
bool is_narrow(DType dtype) { return dtype.is_floating() ? dtype.size() == 2 : dtype.is_integer() && dtype.size() < 4; }
// Results of these stay within a narrow type if the operands do.
bool keeps_width(Prim prim) {
  switch (prim) {
    case Prim::min:
    case Prim::max:
    case Prim::floor:
    case Prim::ceil:
    case Prim::round:
    case Prim::trunc:
    case Prim::bit_and:
    case Prim::bit_or:
    case Prim::bit_xor:
    case Prim::select: return true;
    default: return false;
  }
}

}  // namespace

std::string_view name_of(Prim prim) { return row(prim).name; }
int operand_count(Prim prim) { return row(prim).operands; }
std::string_view name_of(RegisterType type) {
  constexpr std::string_view names[] = {"f32", "f64", "i32", "i64", "u32", "u64", "bool"};
  return names[static_cast<std::size_t>(type)];
}

RegisterType computing_type(DType dtype) {
  switch (dtype.kind()) {
    case DTypeKind::floating: return dtype.size() == 8 ? RegisterType::f64 : RegisterType::f32;
    case DTypeKind::signed_integer: return dtype.size() == 8 ? RegisterType::i64 : RegisterType::i32;
    case DTypeKind::unsigned_integer: return dtype.size() == 8 ? RegisterType::u64 : RegisterType::u32;
    case DTypeKind::boolean: return RegisterType::boolean;
  }
  return RegisterType::f32;
}

uint64_t register_bits(double value, DType dtype) {
  switch (computing_type(dtype)) {
    case RegisterType::f32: {
      float narrow = static_cast<float>(value);
      if (dtype == float16) narrow = float16_t(narrow);
      if (dtype == bfloat16) narrow = bfloat16_t(narrow);
      return std::bit_cast<uint32_t>(narrow);
    }
    case RegisterType::f64: return std::bit_cast<uint64_t>(value);
    case RegisterType::i32: return static_cast<uint32_t>(static_cast<int32_t>(value));
    case RegisterType::i64: return static_cast<uint64_t>(static_cast<int64_t>(value));
    case RegisterType::u32: return static_cast<uint32_t>(value);
    case RegisterType::u64: return static_cast<uint64_t>(value);
    case RegisterType::boolean: return value != 0;
  }
  return 0;
}

int KernelProgram::inputs() const {
  return static_cast<int>(std::count_if(operands.begin(), operands.end(), [](const auto& o) { return !o.output; }));
}

bool KernelProgram::reduces() const { return std::find(loops.begin(), loops.end(), Loop::reduced) != loops.end(); }

std::vector<int> KernelProgram::phases() const {
  struct State {
    int phase = 0;
    bool reduced = false;  // the result of a reduction, or computed from one
  };
  std::vector<State> of_register(registers.size());
  std::vector<int> out;
  for (const Instruction& instruction : code) {
    State state;
    for (RegisterId r : instruction.operands) {
      if (r == kNoRegister) continue;
      const bool loops = instruction.space == Space::full || instruction.prim == Prim::reduce;
      const bool waits = loops && of_register[r].reduced;
      state.phase = std::max(state.phase, of_register[r].phase + (waits ? 1 : 0));
      state.reduced |= of_register[r].reduced && !waits;
    }
    state.reduced |= instruction.prim == Prim::reduce;
    if (instruction.space == Space::full) state.reduced = false;
    if (instruction.result != kNoRegister) of_register[instruction.result] = state;
    out.push_back(state.phase);
  }
  return out;
}

uint64_t KernelProgram::key() const {
  uint64_t h = mix(loops.size(), operands.size());
  for (Loop loop : loops) h = mix(h, static_cast<uint64_t>(loop));
  for (const auto& o : operands)
    h = mix(h, uint64_t(o.dtype.index()) << 24 | uint64_t(o.space) << 16 | uint64_t(o.access) << 8 | uint64_t(o.output));
  for (const auto& i : code) {
    h = mix(h, uint64_t(i.prim) << 32 | uint64_t(i.type) << 24 | uint64_t(i.space) << 16 | i.result);
    h = mix(h, uint64_t(i.operands[0]) << 32 | uint64_t(i.operands[1]) << 16 | i.operands[2]);
    h = mix(h, i.immediate);
  }
  return h;
}

std::string KernelProgram::text() const {
  std::string out = "loops ";
  for (Loop loop : loops) out += loop == Loop::kept ? "kept " : "reduced ";
  out += "\n";
  constexpr std::string_view accesses[] = {"scalar", "contiguous", "strided", "index"};
  constexpr std::string_view space_names[] = {"uniform", "kept", "full"};
  for (std::size_t i = 0; i < operands.size(); ++i)
    out += fmt::format("{} {}: {} {} {}\n", operands[i].output ? "out" : "in", i, operands[i].dtype.name(),
                       space_names[int(operands[i].space)], accesses[int(operands[i].access)]);
  const auto phase = phases();
  for (std::size_t i = 0; i < code.size(); ++i) {
    const Instruction& c = code[i];
    out += fmt::format("  [{}] {:7} ", phase[i], space_names[int(c.space)]);
    if (c.result != kNoRegister) out += fmt::format("r{}:{} = ", c.result, name_of(c.type));
    out += name_of(c.prim);
    for (RegisterId r : c.operands)
      if (r != kNoRegister) out += fmt::format(" r{}", r);
    if (c.prim == Prim::constant && c.type == RegisterType::f32)
      out += fmt::format(" {}", std::bit_cast<float>(uint32_t(c.immediate)));
    else if (c.prim == Prim::constant && c.type == RegisterType::f64)
      out += fmt::format(" {}", std::bit_cast<double>(c.immediate));
    else if (c.prim <= Prim::index || c.prim == Prim::reduce || c.prim == Prim::wrap) out += fmt::format(" #{}", c.immediate);
    out += "\n";
  }
  return out;
}

Register KernelBuilder::append(Instruction instruction, DType dtype) {
  instruction.result = 0;
  for (const Instruction& existing : program_.code) {
    if (existing.result == kNoRegister) continue;
    instruction.result = existing.result;
    if (existing == instruction) return {existing.result, dtype};
  }
  CORNU_CHECK(program_.registers.size() < kNoRegister, "a kernel program of {} registers", program_.registers.size());
  instruction.result = static_cast<RegisterId>(program_.registers.size());
  program_.registers.push_back(instruction.type);
  program_.spaces.push_back(instruction.space);
  program_.code.push_back(instruction);
  return {instruction.result, dtype};
}

Register KernelBuilder::load(int operand, DType dtype, Space space) {
  return append(
      {Prim::load, computing_type(dtype), space, kNoRegister, {kNoRegister, kNoRegister, kNoRegister}, uint64_t(operand)}, dtype);
}
void KernelBuilder::store(int operand, Register value) {
  program_.code.push_back({Prim::store,
                           program_.registers[value.id],
                           program_.operands[operand].space,
                           kNoRegister,
                           {value.id, kNoRegister, kNoRegister},
                           uint64_t(operand)});
}
Register KernelBuilder::constant_bits(uint64_t bits, DType dtype) {
  return append(
      {Prim::constant, computing_type(dtype), Space::uniform, kNoRegister, {kNoRegister, kNoRegister, kNoRegister}, bits}, dtype);
}
// A number is the launch's by its place: equal numbers stay apart, lest the code depend on which happen to be equal.
Register KernelBuilder::number_bits(uint64_t bits, DType dtype) {
  launch_.numbers.push_back(bits);
  return append({Prim::number,
                 computing_type(dtype),
                 Space::uniform,
                 kNoRegister,
                 {kNoRegister, kNoRegister, kNoRegister},
                 launch_.numbers.size() - 1},
                dtype);
}
Register KernelBuilder::constant(double value, DType dtype) { return constant_bits(register_bits(value, dtype), dtype); }
Register KernelBuilder::index(int operand, DType dtype, Space space) {
  return append(
      {Prim::index, computing_type(dtype), space, kNoRegister, {kNoRegister, kNoRegister, kNoRegister}, uint64_t(operand)},
      dtype);
}

Register KernelBuilder::convert(Register value, DType dtype) {
  if (value.dtype == dtype) return value;
  Register out = value;
  const RegisterType from = program_.registers[value.id], to = computing_type(dtype);
  if (from != to) out = append({Prim::convert, to, space_of(value), kNoRegister, {value.id, kNoRegister, kNoRegister}, 0}, dtype);
  out.dtype = dtype;
  const bool may_not_fit = is_narrow(dtype) && !(value.dtype.kind() == dtype.kind() && value.dtype.size() < dtype.size());
  if (may_not_fit)
    out = append({Prim::wrap, to, space_of(out), kNoRegister, {out.id, kNoRegister, kNoRegister}, dtype.index()}, dtype);
  return out;
}

namespace {

// Is it sure that a register holds a number of this 16-bit float? Looks a few steps back.
bool is_rounded(const KernelProgram& program, RegisterId id, DType dtype, int most_steps = 4) {
  const auto made = std::ranges::find(program.code, id, &Instruction::result);
  if (made == program.code.end() || most_steps == 0) return false;
  const auto operand = [&](int i) { return is_rounded(program, made->operands[i], dtype, most_steps - 1); };
  switch (made->prim) {
    case Prim::wrap: return made->immediate == dtype.index();
    case Prim::load: return made->immediate < program.operands.size() && program.operands[made->immediate].dtype == dtype;
    case Prim::constant: return made->immediate == 0;
    case Prim::neg:
    case Prim::abs: return operand(0);
    case Prim::min:
    case Prim::max: return operand(0) && operand(1);
    case Prim::select: return operand(1) && operand(2);
    default: return false;
  }
}

}  // namespace

Register KernelBuilder::round_to_dtype(Register value) {
  if (!value.dtype.is_floating() || !is_narrow(value.dtype) || is_rounded(program_, value.id, value.dtype)) return value;
  const RegisterId id = value.id;
  return append(
      {Prim::wrap, RegisterType::f32, space_of(value), kNoRegister, {id, kNoRegister, kNoRegister}, value.dtype.index()},
      value.dtype);
}
Register KernelBuilder::bitcast(Register value, DType dtype) {
  return append({Prim::bitcast, computing_type(dtype), space_of(value), kNoRegister, {value.id, kNoRegister, kNoRegister}, 0},
                dtype);
}

Register KernelBuilder::op(Prim prim, Register a, Register b, Register c) {
  Space space = space_of(a);
  for (Register r : {b, c})
    if (r.id != kNoRegister) space = std::max(space, space_of(r));
  const DType dtype = is_comparison(prim) ? bool_ : prim == Prim::philox ? uint32 : a.dtype;
  Register out = append({prim, computing_type(dtype), space, kNoRegister, {a.id, b.id, c.id}, 0}, dtype);
  if (dtype.is_integer() && is_narrow(dtype) && !keeps_width(prim))
    out =
        append({Prim::wrap, computing_type(dtype), space, kNoRegister, {out.id, kNoRegister, kNoRegister}, dtype.index()}, dtype);
  return out;
}
Register KernelBuilder::select(Register condition, Register if_true, Register if_false) {
  const Space space = std::max({space_of(condition), space_of(if_true), space_of(if_false)});
  return append({Prim::select, computing_type(if_true.dtype), space, kNoRegister, {condition.id, if_true.id, if_false.id}, 0},
                if_true.dtype);
}
Register KernelBuilder::reduce(ReduceKind kind, Register value, DType result) {
  Register out = append(
      {Prim::reduce, computing_type(result), Space::kept, kNoRegister, {value.id, kNoRegister, kNoRegister}, uint64_t(kind)},
      result);
  if (result.is_integer() && is_narrow(result) && (kind == ReduceKind::sum || kind == ReduceKind::prod))
    out =
        append({Prim::wrap, computing_type(result), Space::kept, kNoRegister, {out.id, kNoRegister, kNoRegister}, result.index()},
               result);
  return out;
}

}  // namespace cornu::ir
