#pragma once

#include <cstdint>
#include <iosfwd>
#include <span>
#include <string_view>

#include "cornu/base/api.h"
#include "cornu/base/float16.h"

namespace cornu {

enum class DTypeKind : uint8_t { boolean, unsigned_integer, signed_integer, floating };

// The type of a tensor's elements: an index into an open table (dtype.cpp).
class CORNU_API DType {
 public:
  constexpr DType() = default;  // float32
  constexpr explicit DType(uint8_t index) : index_(index) {}

  std::string_view name() const;  // "float32"
  int size() const;               // bytes of an element
  DTypeKind kind() const;
  bool is_floating() const { return kind() == DTypeKind::floating; }
  bool is_integer() const { return kind() == DTypeKind::signed_integer || kind() == DTypeKind::unsigned_integer; }
  constexpr uint8_t index() const { return index_; }

  friend constexpr bool operator==(DType, DType) = default;
  friend CORNU_API std::ostream& operator<<(std::ostream& out, DType dtype);

 private:
  uint8_t index_ = 0;
};

inline constexpr DType float32{0}, float64{1}, float16{2}, bfloat16{3}, int8{4}, int16{5}, int32{6}, int64{7}, uint8{8},
    uint16{9}, uint32{10}, uint64{11}, bool_{12};

CORNU_API std::span<const DType> all_dtypes();
// "float32" -> float32. ValueError names the known ones.
CORNU_API DType dtype_from_name(std::string_view name);
// Keras's promotion lattice before its 64-to-32-bit step (keras/src/backend/common/dtypes.py): 64-bit types stay.
// A weak operand is a C++ number: it changes the kind of the result (int -> float), never its width.
struct PromotionOperand {
  DType dtype;
  bool weak = false;
};
CORNU_API DType result_type(std::span<const PromotionOperand> operands);
CORNU_API DType result_type(DType a, DType b);
// Where Keras computes a non-floating operand in floatx ("int64" too): exp, mean, softmax, ...
CORNU_API DType float_type_of(DType dtype);

// The C++ type of an element, and the DType of a C++ type.
template <class T>
struct dtype_of_type;
template <class T>
inline constexpr DType dtype_of = dtype_of_type<T>::value;

#define CORNU_DTYPES(row)                                                                                      \
  row(float, float32) row(double, float64) row(float16_t, float16) row(bfloat16_t, bfloat16) row(int8_t, int8) \
      row(int16_t, int16) row(int32_t, int32) row(int64_t, int64) row(uint8_t, uint8) row(uint16_t, uint16)    \
          row(uint32_t, uint32) row(uint64_t, uint64) row(bool, bool_)
#define CORNU_ROW(type, constant)                     \
  template <>                                         \
  struct dtype_of_type<type> {                        \
    static constexpr DType value = ::cornu::constant; \
  };
CORNU_DTYPES(CORNU_ROW)
#undef CORNU_ROW

// Calls f with a value of the element type: dispatch(dtype, [&]<class T>(T) { ... }).
template <class F>
decltype(auto) dispatch(DType dtype, F&& f) {
  switch (dtype.index()) {
#define CORNU_ROW(type, constant) \
  case ::cornu::constant.index(): return f(type{});
    CORNU_DTYPES(CORNU_ROW)
#undef CORNU_ROW
  }
  __builtin_unreachable();
}

}  // namespace cornu
