#include <cmath>

#include "cornu/codegen/interpreter_vector.h"

// Arithmetic, comparison and choice on every register type.
namespace cornu::codegen::CORNU_ISA {
namespace {

using ir::Prim;
using ir::RegisterType;

template <class T>
constexpr bool is_float = std::is_floating_point_v<T>;
// Integers overflow without harm as unsigned ones.
template <class T>
using Wrapping = typename std::conditional_t<is_float<T>, std::type_identity<T>, std::make_unsigned<T>>::type;

struct Add { template <class T> static T apply(T a, T b) { return T(Wrapping<T>(a) + Wrapping<T>(b)); } };
struct Sub { template <class T> static T apply(T a, T b) { return T(Wrapping<T>(a) - Wrapping<T>(b)); } };
struct Mul { template <class T> static T apply(T a, T b) { return T(Wrapping<T>(a) * Wrapping<T>(b)); } };
struct Div { template <class T> static T apply(T a, T b) { return a / b; } };
struct Min { template <class T> static T apply(T a, T b) { return (a < b) | (a != a) ? a : b; } };
struct Max { template <class T> static T apply(T a, T b) { return (a > b) | (a != a) ? a : b; } };
struct Fma {
  template <class T>
  static T apply(T a, T b, T c) {
    if constexpr (is_float<T>) return math::fma(a, b, c);
    else return Add::apply(Mul::apply(a, b), c);
  }
};
struct Eq { template <class T> static uint32_t apply(T a, T b) { return a == b; } };
struct Ne { template <class T> static uint32_t apply(T a, T b) { return a != b; } };
struct Lt { template <class T> static uint32_t apply(T a, T b) { return a < b; } };
struct Le { template <class T> static uint32_t apply(T a, T b) { return a <= b; } };
struct Gt { template <class T> static uint32_t apply(T a, T b) { return a > b; } };
struct Ge { template <class T> static uint32_t apply(T a, T b) { return a >= b; } };
struct Select { template <class T> static T apply(uint32_t c, T a, T b) { return c != 0 ? a : b; } };

struct Neg {
  static float apply(float a) { return math::from_bits(math::bits_of(a) ^ INT32_MIN); }
  static double apply(double a) { return math::from_bits(math::bits_of(a) ^ INT64_MIN); }
  template <class T>
  static T apply(T a) { return T(Wrapping<T>(0) - Wrapping<T>(a)); }
};
struct Abs {
  static float apply(float a) { return math::from_bits(math::bits_of(a) & INT32_MAX); }
  static double apply(double a) { return math::from_bits(math::bits_of(a) & INT64_MAX); }
  template <class T>
  static T apply(T a) {
    if constexpr (std::is_signed_v<T>) return a < 0 ? Neg::apply(a) : a;
    else return a;
  }
};
struct Copy { template <class T> static T apply(T a) { return a; } };
struct Sqrt {
  static float apply(float a) { return __builtin_sqrtf(a); }
  static double apply(double a) { return __builtin_sqrt(a); }
};
struct Floor {
  static float apply(float a) { return __builtin_floorf(a); }
  static double apply(double a) { return __builtin_floor(a); }
};
struct Ceil {
  static float apply(float a) { return __builtin_ceilf(a); }
  static double apply(double a) { return __builtin_ceil(a); }
};
struct Round {
  static float apply(float a) { return __builtin_rintf(a); }
  static double apply(double a) { return __builtin_rint(a); }
};
struct Trunc {
  static float apply(float a) { return __builtin_truncf(a); }
  static double apply(double a) { return __builtin_trunc(a); }
};

template <class T>
ComputeLoop of_type(Prim prim, unsigned scalars) {
  using W = Wrapping<T>;
  switch (prim) {
    case Prim::add: return binary_loop<Add, W, W, W>(scalars);
    case Prim::sub: return binary_loop<Sub, W, W, W>(scalars);
    case Prim::mul: return binary_loop<Mul, W, W, W>(scalars);
    case Prim::fma: return ternary_loop<Fma, W, W, W, W>(scalars);
    case Prim::min: return binary_loop<Min, T, T, T>(scalars);
    case Prim::max: return binary_loop<Max, T, T, T>(scalars);
    case Prim::neg: return unary<Neg, W, W>;
    case Prim::abs: return unary<Abs, T, T>;
    case Prim::eq: return binary_loop<Eq, uint32_t, W, W>(scalars);
    case Prim::ne: return binary_loop<Ne, uint32_t, W, W>(scalars);
    case Prim::lt: return binary_loop<Lt, uint32_t, T, T>(scalars);
    case Prim::le: return binary_loop<Le, uint32_t, T, T>(scalars);
    case Prim::gt: return binary_loop<Gt, uint32_t, T, T>(scalars);
    case Prim::ge: return binary_loop<Ge, uint32_t, T, T>(scalars);
    default: break;
  }
  if constexpr (is_float<T>) {
    switch (prim) {
      case Prim::div: return binary_loop<Div, T, T, T>(scalars);
      case Prim::sqrt: return unary<Sqrt, T, T>;
      case Prim::floor: return unary<Floor, T, T>;
      case Prim::ceil: return unary<Ceil, T, T>;
      case Prim::round: return unary<Round, T, T>;
      case Prim::trunc: return unary<Trunc, T, T>;
      default: break;
    }
  } else if (prim == Prim::floor || prim == Prim::ceil || prim == Prim::round || prim == Prim::trunc) {
    return unary<Copy, W, W>;
  }
  return nullptr;
}

}  // namespace

ComputeLoop arithmetic_loop(const Operation& op) {
  if (op.prim == Prim::select)
    return size_of(op.operand) == 8 ? ternary_loop<Select, uint64_t, uint32_t, uint64_t, uint64_t>(op.scalars)
                                    : ternary_loop<Select, uint32_t, uint32_t, uint32_t, uint32_t>(op.scalars);
  return with_type(op.operand, [&]<class T>(T) { return of_type<T>(op.prim, op.scalars); });
}

}  // namespace cornu::codegen::CORNU_ISA
