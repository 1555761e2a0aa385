#include "cornu/io/hdf5/datatype.h"

#include <bit>
#include <limits>
#include <optional>

namespace cornu::io::hdf5 {
namespace {

constexpr const char* kClassNames[] = {"integer",  "float",     "time", "string",          "bitfield", "opaque",
                                       "compound", "reference", "enum", "variable length", "array"};

std::optional<DType> integer_type(uint32_t size, bool is_signed) {
  switch (size) {
    case 1: return is_signed ? int8 : uint8;
    case 2: return is_signed ? int16 : uint16;
    case 4: return is_signed ? int32 : uint32;
    case 8: return is_signed ? int64 : uint64;
  }
  return std::nullopt;
}

// The layout of bits that makes a float one of ours.
struct FloatBits {
  DType dtype;
  uint32_t size;
  int exponent_at, exponent_bits, mantissa_bits;
  uint32_t bias;
};
const FloatBits kFloats[] = {
    {float16, 2, 10, 5, 10, 15}, {bfloat16, 2, 7, 8, 7, 127}, {float32, 4, 23, 8, 23, 127}, {float64, 8, 52, 11, 52, 1023}};

void set_number(Datatype& type, std::optional<DType> dtype, bool big_endian) {
  if (!dtype) return;
  type.kind = Datatype::Kind::number;
  type.dtype = *dtype;
  type.swapped = big_endian != (std::endian::native == std::endian::big) && type.size > 1;
}

void parse_integer(Cursor& at, uint32_t bits, Datatype& type) {
  const uint16_t offset = at.u16(), precision = at.u16();
  if (offset == 0 && precision == 8 * type.size) set_number(type, integer_type(type.size, bits & 8), bits & 1);
}

void parse_float(Cursor& at, uint32_t bits, Datatype& type) {
  const uint16_t offset = at.u16(), precision = at.u16();
  const int exponent_at = at.u8(), exponent_bits = at.u8(), mantissa_at = at.u8(), mantissa_bits = at.u8();
  const uint32_t bias = at.u32();
  const bool vax = bits & 0x40;
  if (vax || offset != 0 || precision != 8 * type.size || mantissa_at != 0) return;
  for (const FloatBits& f : kFloats)
    if (f.size == type.size && f.exponent_at == exponent_at && f.exponent_bits == exponent_bits &&
        f.mantissa_bits == mantissa_bits && f.bias == bias)
      set_number(type, f.dtype, bits & 1);
}

// h5py keeps bool as an enum of one byte: FALSE = 0, TRUE = 1.
void parse_enum(Cursor& at, int version, uint32_t members, Datatype& type) {
  constexpr uint8_t kIntegerClass = 0;
  if (type.size != 1 || members != 2 || (at.u8() & 15) != kIntegerClass) return;
  at.skip(3 + 4 + 4);  // the rest of the integer's description
  const auto name = [&] {
    const std::string_view text = at.text_until_nul();
    if (version < 3) at.skip((8 - (text.size() + 1) % 8) % 8);
    return text;
  };
  const bool named = name() == "FALSE" && name() == "TRUE";
  if (named && at.u8() == 0 && at.u8() == 1) set_number(type, bool_, false);
}

}  // namespace

Datatype parse_datatype(Cursor at) {
  const uint8_t first = at.u8();
  const int version = first >> 4, kind = first & 15;
  const auto bits = static_cast<uint32_t>(at.number(3));
  Datatype type;
  type.size = at.u32();
  constexpr uint32_t kLargest = 1 << 30;
  if (type.size == 0 || type.size > kLargest) throw at.image().damaged("a datatype of {} bytes", type.size);
  if (version < 1 || version > 5 || kind >= static_cast<int>(std::size(kClassNames)))
    throw at.image().damaged("a datatype of version {}, class {}", version, kind);
  type.name = fmt::format("{} of {} bytes", kClassNames[kind], type.size);
  switch (kind) {
    case 0: parse_integer(at, bits, type); break;
    case 1: parse_float(at, bits, type); break;
    case 3:
      type.kind = Datatype::Kind::fixed_string;
      type.space_padded = (bits & 15) == 2;
      break;
    case 5: type.kind = Datatype::Kind::opaque; break;
    case 8: parse_enum(at, version, bits & 0xffff, type); break;
    case 9:
      if ((bits & 15) == 1) type.kind = Datatype::Kind::variable_string;
      break;
  }
  return type;
}

Dataspace parse_dataspace(Cursor at) {
  const int version = at.u8();
  const int rank = at.u8(), flags = at.u8(), kind = at.u8();
  if (version != 1 && version != 2) throw at.image().damaged("a dataspace of version {}", version);
  if (rank > 32) throw at.image().damaged("a dataspace of {} axes", rank);
  if (version == 1) at.skip(4);
  Dataspace space;
  space.null = version == 2 && kind == 2;
  const auto read = [&](bool may_be_unlimited) {
    std::vector<int64_t> dims;
    for (int axis = 0; axis < rank; ++axis) {
      const uint64_t dim = at.length();
      const bool unlimited = may_be_unlimited && dim == kUndefined >> (64 - 8 * at.image().length_width);
      if (!unlimited && dim > static_cast<uint64_t>(std::numeric_limits<int64_t>::max()))
        throw at.image().damaged("a dim of {}", dim);
      dims.push_back(unlimited ? -1 : static_cast<int64_t>(dim));
    }
    return dims;
  };
  space.dims = read(false);
  space.max_dims = flags & 1 ? read(true) : space.dims;
  return space;
}

}  // namespace cornu::io::hdf5
