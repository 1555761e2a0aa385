#include <cmath>
#include <limits>

#if defined(__F16C__)
#include <immintrin.h>
#endif

#include "cornu/base/float16.h"
#include "cornu/codegen/interpreter_vector.h"

// Integers' own arithmetic, bits, and conversions between register types.
namespace cornu::codegen::CORNU_ISA {
namespace {

using ir::Prim;
using ir::RegisterType;

template <class T>
constexpr T width = sizeof(T) * 8;

struct And {
  template <class T>
  static T apply(T a, T b) {
    return a & b;
  }
};
struct Or {
  template <class T>
  static T apply(T a, T b) {
    return a | b;
  }
};
struct Xor {
  template <class T>
  static T apply(T a, T b) {
    return a ^ b;
  }
};
struct Not {
  template <class T>
  static T apply(T a) {
    return ~a;
  }
};
struct NotBoolean {
  static uint32_t apply(uint32_t a) { return a ^ 1; }
};
struct ShiftLeft {
  template <class T>
  static T apply(T a, T b) {
    return T(std::make_unsigned_t<T>(a) << (b & (width<T> - 1)));
  }
};
struct ShiftRight {
  template <class T>
  static T apply(T a, T b) {
    return a >> (b & (width<T> - 1));
  }
};
struct Copy {
  template <class T>
  static T apply(T a) {
    return a;
  }
};
struct Nonzero {
  template <class T>
  static uint32_t apply(T a) {
    return a != 0;
  }
};

// Division by zero gives 0; the one quotient that overflows wraps.
struct IntegerDiv {
  template <class T>
  static T apply(T a, T b) {
    if (b == 0) return 0;
    if constexpr (std::is_signed_v<T>)
      if (b == -1) return T(0 - std::make_unsigned_t<T>(a));
    return a / b;
  }
};
struct IntegerRem {
  template <class T>
  static T apply(T a, T b) {
    if (b == 0) return 0;
    if constexpr (std::is_signed_v<T>)
      if (b == -1) return 0;
    return a % b;
  }
};
struct FloatRem {
  static float apply(float a, float b) { return std::fmod(a, b); }
  static double apply(double a, double b) { return std::fmod(a, b); }
};

template <class To>
struct Convert {
  template <class From>
  static To apply(From x) {
    if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
      // The upper limit may not be a float: compare with the power of two above it.
      constexpr From low = static_cast<From>(std::numeric_limits<To>::min());
      constexpr From above = static_cast<From>(std::numeric_limits<To>::max() / 2 + 1) * 2;
      const bool fits = (x >= low) & (x < above);
      const To inside = static_cast<To>(fits ? x : From(0));
      const To outside = x >= above ? std::numeric_limits<To>::max() : x < low ? std::numeric_limits<To>::min() : To(0);
      return fits ? inside : outside;
    } else {
      return static_cast<To>(x);
    }
  }
};

template <class Narrow>
struct Wrap {
  template <class T>
  static T apply(T a) {
    return static_cast<T>(static_cast<Narrow>(a));
  }
};
struct WrapBfloat16 {
  static float apply(float a) { return detail::float_from_bfloat(detail::bfloat_from_float(a)); }
};
struct WrapFloat16 {
#if defined(__F16C__)
  static float apply(float a) { return _cvtsh_ss(_cvtss_sh(a, 0)); }
#else
  static float apply(float a) { return detail::float_from_half(detail::half_from_float(a)); }
#endif
};

#if defined(__F16C__)
// Eight at once; the compiler does not find these instructions by itself.
void wrap_float16(int64_t rows, int64_t cols, const Ref& out, const Ref& a, const Ref&, const Ref&) {
  for (int64_t r = 0; r < rows; ++r) {
    float* to = row_of<float>(out, r);
    const float* x = row_of<const float>(a, r);
    int64_t i = 0;
    for (; i + 8 <= cols; i += 8) _mm256_storeu_ps(to + i, _mm256_cvtph_ps(_mm256_cvtps_ph(_mm256_loadu_ps(x + i), 0)));
    for (; i < cols; ++i) to[i] = WrapFloat16::apply(x[i]);
  }
}
#else
constexpr ComputeLoop wrap_float16 = unary<WrapFloat16, float, float>;
#endif

template <class T>
ComputeLoop wrap_loop(DType dtype) {
  if constexpr (std::is_same_v<T, float>) {
    if (dtype == bfloat16) return unary<WrapBfloat16, float, float>;
    if (dtype == float16) return wrap_float16;
  } else if constexpr (std::is_integral_v<T>) {
    if (dtype == int8) return unary<Wrap<int8_t>, T, T>;
    if (dtype == int16) return unary<Wrap<int16_t>, T, T>;
    if (dtype == uint8) return unary<Wrap<uint8_t>, T, T>;
    if (dtype == uint16) return unary<Wrap<uint16_t>, T, T>;
    if (sizeof(T) == 8 && dtype == int32) return unary<Wrap<int32_t>, T, T>;
    if (sizeof(T) == 8 && dtype == uint32) return unary<Wrap<uint32_t>, T, T>;
  }
  return unary<Copy, T, T>;
}

template <class From>
ComputeLoop convert_loop(RegisterType to) {
  if (to == RegisterType::boolean) return unary<Nonzero, uint32_t, From>;
  return with_type(to, []<class To>(To) -> ComputeLoop { return unary<Convert<To>, To, From>; });
}

template <class T>
ComputeLoop integer_of_type(const Operation& op) {
  using Bits = std::make_unsigned_t<T>;
  switch (op.prim) {
    case Prim::div: return stepped_loop<IntegerDiv, T, T, T>(op.scalars);
    case Prim::rem: return stepped_loop<IntegerRem, T, T, T>(op.scalars);
    case Prim::bit_and: return binary_loop<And, Bits, Bits, Bits>(op.scalars);
    case Prim::bit_or: return binary_loop<Or, Bits, Bits, Bits>(op.scalars);
    case Prim::bit_xor: return binary_loop<Xor, Bits, Bits, Bits>(op.scalars);
    case Prim::bit_not:
      if (op.operand == RegisterType::boolean) return unary<NotBoolean, uint32_t, uint32_t>;
      return unary<Not, Bits, Bits>;
    case Prim::shift_left: return binary_loop<ShiftLeft, Bits, Bits, Bits>(op.scalars);
    case Prim::shift_right: return binary_loop<ShiftRight, T, T, T>(op.scalars);
    default: return nullptr;
  }
}

template <class T>
ComputeLoop of_type(const Operation& op) {
  if (op.prim == Prim::convert) return convert_loop<T>(op.result);
  if (op.prim == Prim::wrap) return wrap_loop<T>(DType(static_cast<uint8_t>(op.immediate)));
  if constexpr (std::is_integral_v<T>) return integer_of_type<T>(op);
  else return op.prim == Prim::rem ? stepped_loop<FloatRem, T, T, T>(op.scalars) : nullptr;
}

}  // namespace

ComputeLoop integer_loop(const Operation& op) {
  if (op.prim == Prim::bitcast) {
    if (size_of(op.result) != size_of(op.operand)) return nullptr;
    return size_of(op.result) == 8 ? unary<Copy, uint64_t, uint64_t> : unary<Copy, uint32_t, uint32_t>;
  }
  return with_type(op.operand, [&]<class T>(T) { return of_type<T>(op); });
}

}  // namespace cornu::codegen::CORNU_ISA
