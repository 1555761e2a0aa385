#include "cornu/codegen/cuda_instruction.h"

#include <fmt/format.h>

namespace cornu::codegen {

using namespace ir;

namespace {

const char* type_of(RegisterType type) {
  constexpr const char* kNames[] = {"float", "double", "int32_t", "int64_t", "uint32_t", "uint64_t", "bool"};
  return kNames[int(type)];
}

const char* reduction_of(ReduceKind kind) {
  constexpr const char* kNames[] = {"Sum", "Prod", "Max", "Min", "Any", "All", "ArgMax", "ArgMin"};
  return kNames[int(kind)];
}
bool is_position(const Instruction& reduce) {
  const auto kind = static_cast<ReduceKind>(reduce.immediate);
  return kind == ReduceKind::argmax || kind == ReduceKind::argmin;
}

std::string bits(RegisterType type, uint64_t immediate) {
  switch (type) {
    case RegisterType::f32: return fmt::format("bitcast<float>({}u)", static_cast<uint32_t>(immediate));
    case RegisterType::f64: return fmt::format("bitcast<double>(uint64_t({}ul))", immediate);
    case RegisterType::boolean: return immediate ? "true" : "false";
    default: return fmt::format("{}({}ul)", type_of(type), immediate);
  }
}
std::string number(RegisterType type, const std::string& word) {
  switch (type) {
    case RegisterType::f32: return fmt::format("bitcast<float>(uint32_t({}))", word);
    case RegisterType::f64: return fmt::format("bitcast<double>(uint64_t({}))", word);
    case RegisterType::boolean: return fmt::format("{} != 0", word);
    default: return fmt::format("{}({})", type_of(type), word);
  }
}

}  // namespace

std::string CudaInstructions::word(std::size_t i) const {
  return fmt::format("{}[{}]", form_.has_table ? "words" : "words.at", i);
}

// --- operands ---

bool CudaInstructions::walks(std::size_t operand, std::size_t loop) const {
  const Space space = program_.operands[operand].space;
  return space == Space::full || (space == Space::kept && program_.loops[loop] == Loop::kept);
}

bool CudaInstructions::is_pack(std::size_t operand) const {
  return form_.neighbours > 1 && has_memory(operand) && form_.reaches[operand] == Reach::together;
}

std::string CudaInstructions::pack_type(std::size_t operand) const {
  return fmt::format("{}, lanes", cuda_type(program_.operands[operand].dtype));
}

// The offset's part of one loop. Where a thread has neighbours, `lane` is which of them it works on.
std::string CudaInstructions::place(std::size_t operand, std::size_t loop) const {
  if (form_.neighbours == 1 || loop + 1 < layout_.loops) return fmt::format("i{} * s{}_{}", loop, operand, loop);
  switch (form_.reaches[operand]) {
    case Reach::together: return fmt::format("i{}", loop);
    case Reach::still: return "0";
    case Reach::apart: break;
  }
  return fmt::format("(i{} + lane) * s{}_{}", loop, operand, loop);
}

std::string CudaInstructions::offset(std::size_t operand) const {
  std::string sum;
  for (std::size_t l = 0; l < layout_.loops; ++l)
    if (walks(operand, l)) sum += (sum.empty() ? "" : " + ") + place(operand, l);
  return sum.empty() ? "0" : sum;
}

std::string CudaInstructions::load(const Instruction& i) const {
  const auto operand = static_cast<std::size_t>(i.immediate);
  const std::string types = fmt::format("{}, {}", cuda_type(program_.operands[operand].dtype), type_of(i.type));
  if (is_pack(operand)) return fmt::format("load<{}>(bytes_of(a{}), lane)", types, operand);
  return fmt::format("load<{}>(p{}, {})", types, operand, offset(operand));
}

std::string CudaInstructions::store(const Instruction& i) const {
  const auto operand = static_cast<std::size_t>(i.immediate);
  const std::string type = cuda_type(program_.operands[operand].dtype);
  if (is_pack(operand)) return fmt::format("store<{}>(bytes_of(a{}), lane, r{});", type, operand, i.operands[0]);
  return fmt::format("store<{}>(p{}, {}, r{});", type, operand, offset(operand), i.operands[0]);
}

// --- values ---

std::string CudaInstructions::declaration(const Instruction& i) const {
  return fmt::format("const {} r{} = {};", type_of(i.type), i.result,
                     i.prim == Prim::reduce ? fmt::format("result_of({})", of_team(i)) : value(i));
}

std::string CudaInstructions::value(const Instruction& i) const {
  const char* type = type_of(i.type);
  switch (i.prim) {
    case Prim::load: return load(i);
    case Prim::index: return fmt::format("{}(p{} + {})", type, i.immediate, offset(static_cast<std::size_t>(i.immediate)));
    case Prim::constant: return bits(i.type, i.immediate);
    case Prim::number: return number(i.type, word(layout_.number(i.immediate)));
    case Prim::convert: return fmt::format("convert<{}>(r{})", type, i.operands[0]);
    case Prim::wrap: return fmt::format("wrap<{}>(r{})", cuda_type(DType(static_cast<uint8_t>(i.immediate))), i.operands[0]);
    case Prim::bitcast: return fmt::format("bitcast<{}>(r{})", type, i.operands[0]);
    default: return call(i);
  }
}
std::string CudaInstructions::call(const Instruction& i) const {
  std::string text = fmt::format("op_{}(", name_of(i.prim));
  for (int k = 0; k < operand_count(i.prim); ++k)
    text += fmt::format("{}r{}", k ? ", " : "", i.operands[static_cast<std::size_t>(k)]);
  return text + ")";
}

// --- reductions ---

std::string CudaInstructions::value_type(const Instruction& reduce) const {
  return type_of(is_position(reduce) ? program_.registers[reduce.operands[0]] : reduce.type);
}
std::string CudaInstructions::reduction(const Instruction& reduce) const {
  return fmt::format("{}<{}>", reduction_of(static_cast<ReduceKind>(reduce.immediate)), value_type(reduce));
}
std::string CudaInstructions::partial_type(const Instruction& reduce) const {
  return is_position(reduce) ? fmt::format("Best<{}>", value_type(reduce)) : value_type(reduce);
}
std::string CudaInstructions::start(const Instruction& reduce) const {
  return fmt::format("{} t{} = {}::identity();", partial_type(reduce), reduce.result, reduction(reduce));
}
std::string CudaInstructions::take(const Instruction& reduce, const std::string& value) const {
  return fmt::format("t{0} = {1}::apply(t{0}, {2});", reduce.result, reduction(reduce), value);
}
std::string CudaInstructions::partial(const Instruction& reduce) const {
  const std::string value = fmt::format("convert<{}>(r{})", value_type(reduce), reduce.operands[0]);
  return is_position(reduce) ? fmt::format("{}{{{}, int32_t(r)}}", partial_type(reduce), value) : value;
}
std::string CudaInstructions::of_team(const Instruction& reduce) const {
  switch (form_.team) {
    case Team::thread: break;
    case Team::warp: return fmt::format("across_warp<{}>(t{})", reduction(reduce), reduce.result);
    case Team::tile: return fmt::format("across_tile<{0}>(t{1}, shared{1})", reduction(reduce), reduce.result);
  }
  return fmt::format("t{}", reduce.result);
}

}  // namespace cornu::codegen
