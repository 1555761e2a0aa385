#include <cmath>
#include <limits>

#include "cornu/codegen/interpreter_vector.h"
#include "cornu/math/functions.h"
#include "cornu/math/special.h"

// Functions and random numbers: Cornu's own expansions in float32, else calls of the C library.
namespace cornu::codegen::CORNU_ISA {
namespace {

using ir::Prim;
using ir::RegisterType;

#define CORNU_FUNCTION(Name, call)           \
  struct Name {                              \
    template <class T>                       \
    static T apply(T x) { return call; }     \
  };
CORNU_FUNCTION(Exp, math::exp(x))
CORNU_FUNCTION(Expm1, math::expm1(x))
CORNU_FUNCTION(Log, math::log(x))
CORNU_FUNCTION(Log1p, math::log1p(x))
CORNU_FUNCTION(Tanh, math::tanh(x))
CORNU_FUNCTION(Erf, math::erf(x))
CORNU_FUNCTION(ErfInv, math::erf_inv(x))
CORNU_FUNCTION(Sin, math::sin(x))
CORNU_FUNCTION(Cos, math::cos(x))
CORNU_FUNCTION(SinHuge, math::sin_huge(x))
CORNU_FUNCTION(CosHuge, math::cos_huge(x))
struct Pow {
  static float apply(float x, float y) { return math::pow(x, y); }
};
CORNU_FUNCTION(LibExp, std::exp(x))
CORNU_FUNCTION(LibExpm1, std::expm1(x))
CORNU_FUNCTION(LibLog, std::log(x))
CORNU_FUNCTION(LibLog1p, std::log1p(x))
// The C library scales denormals, which are flushed here: it must not see any.
CORNU_FUNCTION(LibLog2, std::log2(std::abs(x) < std::numeric_limits<decltype(x + x)>::min() ? x * 0 : x))
CORNU_FUNCTION(LibSin, std::sin(x))
CORNU_FUNCTION(LibCos, std::cos(x))
CORNU_FUNCTION(LibTan, std::tan(x))
CORNU_FUNCTION(LibAsin, std::asin(x))
CORNU_FUNCTION(LibAcos, std::acos(x))
CORNU_FUNCTION(LibAtan, std::atan(x))
CORNU_FUNCTION(LibSinh, std::sinh(x))
CORNU_FUNCTION(LibCosh, std::cosh(x))
CORNU_FUNCTION(LibTanh, std::tanh(x))
CORNU_FUNCTION(LibAsinh, std::asinh(x))
CORNU_FUNCTION(LibAcosh, std::acosh(x))
CORNU_FUNCTION(LibAtanh, std::atanh(x))
CORNU_FUNCTION(LibErf, std::erf(x))
CORNU_FUNCTION(LibErfc, std::erfc(x))
CORNU_FUNCTION(LibErfInv, static_cast<T>(math::erf_inv(static_cast<double>(x))))
CORNU_FUNCTION(LibDigamma, static_cast<T>(math::digamma(x)))
#undef CORNU_FUNCTION
struct LibLgamma {
  // The C library's lgamma writes a global sign: the reentrant form does not.
  static float apply(float x) { int sign; return lgammaf_r(x, &sign); }
  static double apply(double x) { int sign; return lgamma_r(x, &sign); }
};
struct LibPow {
  static double apply(double x, double y) { return std::pow(x, y); }
};
struct LibAtan2 {
  template <class T>
  static T apply(T y, T x) { return std::atan2(y, x); }
};
struct LibGammainc {
  static double apply(double a, double x) { return math::gammainc(a, x); }
};
struct LibGammaincGradA {
  static double apply(double a, double x) { return math::gammainc_grad_a(a, x); }
};

template <class F, class T>
void called(int64_t rows, int64_t cols, const Ref& out, const Ref& a, const Ref&, const Ref&) {
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t i = 0; i < cols; ++i) row_of<T>(out, r)[i] = F::apply(row_of<const T>(a, r)[i]);
}

// sin and cos: the vectorised loop serves every argument within its bound; a row that has others takes the branching one.
template <class F, class Huge>
void trigonometric(int64_t rows, int64_t cols, const Ref& out, const Ref& a, const Ref& b, const Ref& c) {
  for (int64_t r = 0; r < rows; ++r) {
    const Ref to{reinterpret_cast<std::byte*>(row_of<float>(out, r)), 0}, from{reinterpret_cast<std::byte*>(row_of<float>(a, r)), 0};
    const float* x = row_of<const float>(a, r);
    int outside = 0;
#pragma omp simd reduction(| : outside)
    for (int64_t i = 0; i < cols; ++i) outside |= !(math::magnitude(x[i]) <= math::kTrigonometricBound);
    (outside ? called<Huge, float> : unary<F, float, float>)(1, cols, to, from, b, c);
  }
}

ComputeLoop expanded(Prim prim, unsigned scalars) {
  switch (prim) {
    case Prim::exp: return unary<Exp, float, float>;
    case Prim::expm1: return unary<Expm1, float, float>;
    case Prim::log: return unary<Log, float, float>;
    case Prim::log1p: return unary<Log1p, float, float>;
    case Prim::tanh: return unary<Tanh, float, float>;
    case Prim::erf: return unary<Erf, float, float>;
    case Prim::erf_inv: return unary<ErfInv, float, float>;
    case Prim::sin: return trigonometric<Sin, SinHuge>;
    case Prim::cos: return trigonometric<Cos, CosHuge>;
    case Prim::pow: return binary_loop<Pow, float, float, float>(scalars);
    default: return nullptr;
  }
}

template <class T>
ComputeLoop of_library(Prim prim, unsigned scalars) {
  switch (prim) {
    case Prim::exp: return called<LibExp, T>;
    case Prim::expm1: return called<LibExpm1, T>;
    case Prim::log: return called<LibLog, T>;
    case Prim::log1p: return called<LibLog1p, T>;
    case Prim::log2: return called<LibLog2, T>;
    case Prim::sin: return called<LibSin, T>;
    case Prim::cos: return called<LibCos, T>;
    case Prim::tan: return called<LibTan, T>;
    case Prim::asin: return called<LibAsin, T>;
    case Prim::acos: return called<LibAcos, T>;
    case Prim::atan: return called<LibAtan, T>;
    case Prim::sinh: return called<LibSinh, T>;
    case Prim::cosh: return called<LibCosh, T>;
    case Prim::tanh: return called<LibTanh, T>;
    case Prim::asinh: return called<LibAsinh, T>;
    case Prim::acosh: return called<LibAcosh, T>;
    case Prim::atanh: return called<LibAtanh, T>;
    case Prim::erf: return called<LibErf, T>;
    case Prim::erfc: return called<LibErfc, T>;
    case Prim::erf_inv: return called<LibErfInv, T>;
    case Prim::lgamma: return called<LibLgamma, T>;
    case Prim::digamma: return called<LibDigamma, T>;
    case Prim::atan2: return stepped_loop<LibAtan2, T, T, T>(scalars);
    case Prim::gammainc: return stepped_loop<LibGammainc, T, T, T>(scalars);
    case Prim::gammainc_grad_a: return stepped_loop<LibGammaincGradA, T, T, T>(scalars);
    case Prim::pow:
      if constexpr (std::is_same_v<T, double>) return stepped_loop<LibPow, T, T, T>(scalars);
      return nullptr;
    default: return nullptr;
  }
}

// Philox 4x32-10 on kBlocks counters side by side: words[4 * i + w] is result w of counter first + i.
constexpr int kBlocks = 16;
void philox_blocks(uint64_t first, uint32_t key0, uint32_t key1, uint32_t* words) {
  uint32_t c0[kBlocks], c1[kBlocks], c2[kBlocks] = {}, c3[kBlocks] = {};
  for (int i = 0; i < kBlocks; ++i) c0[i] = uint32_t(first + i), c1[i] = uint32_t((first + i) >> 32);
  for (int round = 0; round < 10; ++round) {
#pragma omp simd
    for (int i = 0; i < kBlocks; ++i) {
      const uint64_t p = uint64_t{0xd2511f53} * c0[i], q = uint64_t{0xcd9e8d57} * c2[i];
      c0[i] = uint32_t(q >> 32) ^ c1[i] ^ key0;
      c1[i] = uint32_t(q);
      c2[i] = uint32_t(p >> 32) ^ c3[i] ^ key1;
      c3[i] = uint32_t(p);
    }
    key0 += 0x9e3779b9;
    key1 += 0xbb67ae85;
  }
  for (int i = 0; i < kBlocks; ++i) {
    words[4 * i] = c0[i];
    words[4 * i + 1] = c1[i];
    words[4 * i + 2] = c2[i];
    words[4 * i + 3] = c3[i];
  }
}

// Neighbouring points mostly ask for neighbouring words of one key: 64 of them are made at once and kept.
template <unsigned scalars>
void philox(int64_t rows, int64_t cols, const Ref& out, const Ref& a, const Ref& b, const Ref& c) {
  uint32_t words[4 * kBlocks];
  uint64_t held = UINT64_MAX;  // words / 64
  uint32_t held0 = 0, held1 = 0;
  for (int64_t r = 0; r < rows; ++r) {
    uint32_t* to = row_of<uint32_t>(out, r);
    const uint64_t* index = row_of<const uint64_t>(a, r);
    const uint32_t *key0 = row_of<const uint32_t>(b, r), *key1 = row_of<const uint32_t>(c, r);
    for (int64_t i = 0; i < cols; ++i) {
      const uint64_t at = index[scalars & 1 ? 0 : i];
      const uint32_t k0 = key0[scalars & 2 ? 0 : i], k1 = key1[scalars & 4 ? 0 : i];
      if (at / 64 != held || k0 != held0 || k1 != held1) {
        held = at / 64, held0 = k0, held1 = k1;
        philox_blocks(held * kBlocks, k0, k1, words);
      }
      to[i] = words[at % 64];
    }
  }
}

}  // namespace

ComputeLoop function_loop(const Operation& op) {
  if (op.prim == Prim::philox) {
    constexpr ComputeLoop loops[] = {philox<0>, philox<1>, philox<2>, philox<3>, philox<4>, philox<5>, philox<6>};
    return loops[op.scalars];
  }
  if (op.operand == RegisterType::f32) {
    if (ComputeLoop loop = expanded(op.prim, op.scalars)) return loop;
    return of_library<float>(op.prim, op.scalars);
  }
  return op.operand == RegisterType::f64 ? of_library<double>(op.prim, op.scalars) : nullptr;
}

}  // namespace cornu::codegen::CORNU_ISA
