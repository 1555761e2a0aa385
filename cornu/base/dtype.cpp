#include "cornu/base/dtype.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <ostream>
#include <string>

#include "cornu/base/errors.h"

namespace cornu {
namespace {

struct Row {
  std::string_view name;
  int size;
  DTypeKind kind;
};

using enum DTypeKind;
constexpr Row table[] = {
    {"float32", 4, floating},
    {"float64", 8, floating},
    {"float16", 2, floating},
    {"bfloat16", 2, floating},
    {"int8", 1, signed_integer},
    {"int16", 2, signed_integer},
    {"int32", 4, signed_integer},
    {"int64", 8, signed_integer},
    {"uint8", 1, unsigned_integer},
    {"uint16", 2, unsigned_integer},
    {"uint32", 4, unsigned_integer},
    {"uint64", 8, unsigned_integer},
    {"bool", 1, boolean},
};
constexpr int kCount = static_cast<int>(std::size(table));

constexpr auto all = [] {
  std::array<DType, kCount> out;
  for (int i = 0; i < kCount; ++i) out[i] = DType(static_cast<uint8_t>(i));
  return out;
}();

// A point of the lattice: a dtype, or one of the two weak numbers.
constexpr int kWeakInt = kCount, kWeakFloat = kCount + 1, kPoints = kCount + 2;

// The edges of JAX's type promotion lattice, which Keras follows: an operand may be replaced by any of its successors.
struct Edges {
  int from;
  std::array<int, 2> to;
};
constexpr int index(DType d) { return d.index(); }
constexpr Edges edges[] = {
    {index(bool_), {kWeakInt, -1}},
    {kWeakInt, {index(uint8), index(int8)}},
    {index(uint8), {index(int16), index(uint16)}},
    {index(uint16), {index(int32), index(uint32)}},
    {index(uint32), {index(int64), index(uint64)}},
    {index(uint64), {kWeakFloat, -1}},
    {index(int8), {index(int16), -1}},
    {index(int16), {index(int32), -1}},
    {index(int32), {index(int64), -1}},
    {index(int64), {kWeakFloat, -1}},
    {kWeakFloat, {index(bfloat16), index(float16)}},
    {index(bfloat16), {index(float32), -1}},
    {index(float16), {index(float32), -1}},
    {index(float32), {index(float64), -1}},
};

using Reach = std::array<std::array<bool, kPoints>, kPoints>;

// above[a][b]: a may become b. The lattice is small; a fixed point by repetition.
constexpr Reach above = [] {
  Reach reach{};
  for (int i = 0; i < kPoints; ++i) reach[i][i] = true;
  for (int round = 0; round < kPoints; ++round)
    for (const auto& edge : edges)
      for (int to : edge.to)
        if (to >= 0)
          for (int i = 0; i < kPoints; ++i) reach[edge.from][i] |= reach[to][i];
  return reach;
}();

// The least point that both may become.
int join(int a, int b) {
  for (int candidate = 0; candidate < kPoints; ++candidate) {
    if (!above[a][candidate] || !above[b][candidate]) continue;
    bool least = true;
    for (int other = 0; other < kPoints && least; ++other)
      if (above[a][other] && above[b][other]) least = above[candidate][other];
    if (least) return candidate;
  }
  CORNU_CHECK(false, "the promotion lattice has no join");
  return 0;
}

int point(const PromotionOperand& operand) {
  if (!operand.weak || operand.dtype == bool_) return operand.dtype.index();
  return operand.dtype.is_floating() ? kWeakFloat : kWeakInt;
}

}  // namespace

std::string_view DType::name() const { return table[index_].name; }
int DType::size() const { return table[index_].size; }
DTypeKind DType::kind() const { return table[index_].kind; }

std::ostream& operator<<(std::ostream& out, DType dtype) { return out << dtype.name(); }

std::span<const DType> all_dtypes() { return all; }

DType dtype_from_name(std::string_view name) {
  for (DType dtype : all)
    if (dtype.name() == name) return dtype;
  std::string known;
  for (DType dtype : all) known += (known.empty() ? "" : ", ") + std::string(dtype.name());
  throw error<ValueError>("Unknown dtype. Expected one of {}. Received: '{}'", known, name);
}

DType result_type(std::span<const PromotionOperand> operands) {
  CORNU_CHECK(!operands.empty());
  int at = point(operands[0]);
  for (const auto& operand : operands.subspan(1)) at = join(at, point(operand));
  if (at == kWeakInt) return int32;
  if (at == kWeakFloat) return float32;
  return DType(static_cast<uint8_t>(at));
}

DType result_type(DType a, DType b) {
  const PromotionOperand operands[] = {{a}, {b}};
  return result_type(operands);
}

DType float_type_of(DType dtype) { return dtype.is_floating() ? dtype : float32; }

}  // namespace cornu
