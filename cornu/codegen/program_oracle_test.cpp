#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <optional>

#include "cornu/base/errors.h"
#include "cornu/base/float16.h"
#include "cornu/codegen/program_oracle.h"
#include "cornu/math/functions.h"
#include "cornu/math/special.h"

namespace cornu::codegen {
namespace {

using namespace ir;

// The bits of a value, low bytes first; a boolean is 0 or 1.
using Bits = uint64_t;
template <class T>
T as(Bits bits) {
  T out;
  std::memcpy(&out, &bits, sizeof(T));
  return out;
}
template <class T>
Bits bits_of(T value) {
  Bits out = 0;
  std::memcpy(&out, &value, sizeof(T));
  return out;
}

template <class F>
auto with_type(RegisterType type, F f) {
  switch (type) {
    case RegisterType::f32: return f(float());
    case RegisterType::f64: return f(double());
    case RegisterType::i32: return f(int32_t());
    case RegisterType::i64: return f(int64_t());
    case RegisterType::u64: return f(uint64_t());
    default: return f(uint32_t());
  }
}

template <class To, class From>
To saturated(From x) {
  if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    if (std::isnan(x)) return 0;
    if (static_cast<long double>(x) >= static_cast<long double>(std::numeric_limits<To>::max()) + 1)
      return std::numeric_limits<To>::max();
    if (static_cast<long double>(x) < static_cast<long double>(std::numeric_limits<To>::min()))
      return std::numeric_limits<To>::min();
  }
  return static_cast<To>(x);
}
Bits convert(Bits x, RegisterType from, RegisterType to) {
  return with_type(from, [&]<class From>(From) {
    const From value = as<From>(x);
    if (to == RegisterType::boolean) return Bits(value != 0);
    return with_type(to, [&]<class To>(To) { return bits_of(saturated<To>(value)); });
  });
}

template <class T>
Bits wrap(T x, DType dtype) {
  return dispatch(dtype, [&]<class D>(D) -> Bits {
    if constexpr (std::is_integral_v<T> && std::is_integral_v<D> && !std::is_same_v<D, bool>)
      return bits_of(static_cast<T>(static_cast<D>(x)));
    else if constexpr (std::is_same_v<T, float> && sizeof(D) == 2 && !std::is_integral_v<D>)
      return bits_of(static_cast<float>(D(x)));
    else return bits_of(x);
  });
}

template <class T>
std::optional<T> function(Prim prim, T a, T b) {
  constexpr bool f32 = std::is_same_v<T, float>;
  switch (prim) {
    case Prim::exp:
      if constexpr (f32) return math::exp(a);
      else return std::exp(a);
    case Prim::expm1:
      if constexpr (f32) return math::expm1(a);
      else return std::expm1(a);
    case Prim::log:
      if constexpr (f32) return math::log(a);
      else return std::log(a);
    case Prim::log1p:
      if constexpr (f32) return math::log1p(a);
      else return std::log1p(a);
    case Prim::log2: return std::log2(a);
    case Prim::sin:
      if constexpr (f32) return math::sin_huge(a);
      else return std::sin(a);
    case Prim::cos:
      if constexpr (f32) return math::cos_huge(a);
      else return std::cos(a);
    case Prim::tan: return std::tan(a);
    case Prim::asin: return std::asin(a);
    case Prim::acos: return std::acos(a);
    case Prim::atan: return std::atan(a);
    case Prim::sinh: return std::sinh(a);
    case Prim::cosh: return std::cosh(a);
    case Prim::tanh:
      if constexpr (f32) return math::tanh(a);
      else return std::tanh(a);
    case Prim::asinh: return std::asinh(a);
    case Prim::acosh: return std::acosh(a);
    case Prim::atanh: return std::atanh(a);
    case Prim::erf:
      if constexpr (f32) return math::erf(a);
      else return std::erf(a);
    case Prim::erfc: return std::erfc(a);
    case Prim::erf_inv: return math::erf_inv(a);
    case Prim::pow:
      if constexpr (f32) return math::pow(a, b);
      else return std::pow(a, b);
    case Prim::atan2: return std::atan2(a, b);
    case Prim::lgamma: return std::lgamma(a);
    case Prim::digamma: return static_cast<T>(math::digamma(a));
    case Prim::gammainc: return static_cast<T>(math::gammainc(a, b));
    case Prim::gammainc_grad_a: return static_cast<T>(math::gammainc_grad_a(a, b));
    default: return {};
  }
}

template <class T>
std::optional<T> float_only(Prim prim, T a, T b, T c) {
  switch (prim) {
    case Prim::fma: return std::fma(a, b, c);
    case Prim::sqrt: return std::sqrt(a);
    case Prim::floor: return std::floor(a);
    case Prim::ceil: return std::ceil(a);
    case Prim::round: return std::nearbyint(a);
    case Prim::trunc: return std::trunc(a);
    case Prim::div: return a / b;
    case Prim::rem: return std::fmod(a, b);
    case Prim::neg: return -a;
    case Prim::abs: return std::fabs(a);
    default: return function(prim, a, b);
  }
}
template <class T>
std::optional<T> integer_only(Prim prim, T a, T b, T c, bool boolean) {
  using U = std::make_unsigned_t<T>;
  constexpr U width = sizeof(T) * 8;
  const bool overflows = std::is_signed_v<T> && b == T(-1);
  switch (prim) {
    case Prim::fma: return T(U(a) * U(b) + U(c));
    case Prim::floor:
    case Prim::ceil:
    case Prim::round:
    case Prim::trunc: return a;
    case Prim::div: return b == 0 ? T(0) : overflows ? T(U(0) - U(a)) : T(a / b);
    case Prim::rem: return b == 0 || overflows ? T(0) : T(a % b);
    case Prim::neg: return T(U(0) - U(a));
    case Prim::abs: return a < 0 ? T(U(0) - U(a)) : a;
    case Prim::bit_and: return a & b;
    case Prim::bit_or: return a | b;
    case Prim::bit_xor: return a ^ b;
    case Prim::bit_not: return boolean ? T(!a) : T(~a);
    case Prim::shift_left: return T(U(a) << (U(b) % width));
    case Prim::shift_right: return T(a >> (U(b) % width));
    default: return {};
  }
}

template <class T>
Bits compute(Prim prim, T a, T b, T c, bool boolean) {
  using W = typename std::conditional_t<std::is_integral_v<T>, std::make_unsigned<T>, std::type_identity<T>>::type;
  switch (prim) {
    case Prim::add: return bits_of(T(W(a) + W(b)));
    case Prim::sub: return bits_of(T(W(a) - W(b)));
    case Prim::mul: return bits_of(T(W(a) * W(b)));
    case Prim::min: return bits_of(a != a ? a : b != b ? b : a < b ? a : b);
    case Prim::max: return bits_of(a != a ? a : b != b ? b : a > b ? a : b);
    case Prim::eq: return a == b;
    case Prim::ne: return a != b;
    case Prim::lt: return a < b;
    case Prim::le: return a <= b;
    case Prim::gt: return a > b;
    case Prim::ge: return a >= b;
    default: break;
  }
  std::optional<T> out;
  if constexpr (std::is_floating_point_v<T>) out = float_only(prim, a, b, c);
  else out = integer_only(prim, a, b, c, boolean);
  CORNU_CHECK(out, "the oracle does not know `{}`", name_of(prim));
  return bits_of(*out);
}

uint32_t philox_word(uint64_t index, uint32_t key0, uint32_t key1) {
  uint32_t x[4] = {uint32_t(index / 4), uint32_t(index / 4 >> 32), 0, 0};
  for (int round = 0; round < 10; ++round) {
    const uint64_t p = uint64_t(0xd2511f53) * x[0], q = uint64_t(0xcd9e8d57) * x[2];
    const uint32_t next[4] = {uint32_t(q >> 32) ^ x[1] ^ key0, uint32_t(q), uint32_t(p >> 32) ^ x[3] ^ key1, uint32_t(p)};
    std::copy(next, next + 4, x);
    key0 += 0x9e3779b9, key1 += 0xbb67ae85;
  }
  return x[index % 4];
}

class Evaluation {
 public:
  Evaluation(const KernelProgram& program, const Launch& launch, const std::vector<std::byte*>& operands)
      : program_(program), launch_(launch), point_(program.loops.size()) {
    std::size_t next = 0;
    for (const auto& operand : program.operands) memory_.push_back(operand.access == Access::index ? nullptr : operands[next++]);
    definition_.resize(program.registers.size());
    for (const auto& i : program.code)
      if (i.result != kNoRegister) definition_[i.result] = &i;
  }

  // All points are computed before any is stored, so that outputs may share memory with inputs.
  void run() {
    for (int64_t e : launch_.extents)
      if (e == 0 && !program_.reduces()) return;
    for_points(Loop::kept, 0, [&] {
      kept_values_.clear();
      for (const auto& i : program_.code) {
        if (i.prim != Prim::store) continue;
        if (i.space == Space::full) for_points(Loop::reduced, 0, [&] { store(i); });
        else store(i);
      }
    });
    for (auto& [to, bytes] : pending_) std::memcpy(to, bytes.data(), bytes.size());
  }

 private:
  template <class F>
  void for_points(Loop kind, std::size_t from, F f) {
    while (from < point_.size() && program_.loops[from] != kind) ++from;
    if (from == point_.size()) return f();
    for (int64_t i = 0; i < launch_.extents[from]; ++i) {
      point_[from] = i;
      for_points(kind, from + 1, f);
    }
    point_[from] = 0;
  }

  int64_t offset(int operand) const {
    const auto& walk = launch_.operands[operand];
    int64_t out = walk.offset;
    for (std::size_t l = 0; l < point_.size(); ++l) {
      const bool still = program_.operands[operand].space == Space::uniform ||
                         (program_.operands[operand].space == Space::kept && program_.loops[l] == Loop::reduced);
      if (!still) out += walk.strides[l] * point_[l];
    }
    return out;
  }

  void store(const Instruction& i) {
    const int operand = static_cast<int>(i.immediate);
    const DType dtype = program_.operands[operand].dtype;
    const Bits value = convert(value_of(i.operands[0]), program_.registers[i.operands[0]], computing_type(dtype));
    dispatch(dtype, [&]<class D>(D) {
      std::vector<std::byte> bytes(sizeof(D));
      D out;
      if constexpr (std::is_integral_v<D>) out = static_cast<D>(value);
      else out = D(as<std::conditional_t<sizeof(D) == 8, double, float>>(value));
      std::memcpy(bytes.data(), &out, sizeof(D));
      pending_.emplace_back(memory_[operand] + offset(operand) * static_cast<int64_t>(sizeof(D)), std::move(bytes));
    });
  }

  Bits value_of(RegisterId r) {
    const Instruction& i = *definition_[r];
    if (i.prim != Prim::reduce) {
      Known& known = known_[r];
      if (known.point != point_) known = {point_, value(i)};
      return known.value;
    }
    if (auto found = kept_values_.find(r); found != kept_values_.end()) return found->second;
    const auto point = point_;
    const Bits out = reduced(i);
    point_ = point;
    return kept_values_[r] = out;
  }

  Bits value(const Instruction& i) {
    const int operand = static_cast<int>(i.immediate);
    Bits in[3] = {};
    for (int k = 0; k < 3; ++k)
      if (i.operands[k] != kNoRegister) in[k] = value_of(i.operands[k]);
    switch (i.prim) {
      case Prim::load: {
        const DType dtype = program_.operands[operand].dtype;
        return dispatch(dtype, [&]<class D>(D) {
          const std::byte* from = memory_[operand] + offset(operand) * static_cast<int64_t>(sizeof(D));
          std::conditional_t<std::is_same_v<D, bool>, uint8_t, D> x;
          std::memcpy(&x, from, sizeof(D));
          const Bits form = dtype == bool_
                                ? Bits(x != 0)
                                : with_type(computing_type(dtype), [&]<class T>(T) { return bits_of(static_cast<T>(x)); });
          return convert(form, computing_type(dtype), i.type);
        });
      }
      case Prim::constant: return i.immediate;
      case Prim::number: return launch_.numbers.at(i.immediate);
      case Prim::index: return with_type(i.type, [&]<class T>(T) { return bits_of(static_cast<T>(offset(operand))); });
      case Prim::convert: return convert(in[0], program_.registers[i.operands[0]], i.type);
      case Prim::wrap:
        return with_type(i.type, [&]<class T>(T) { return wrap(as<T>(in[0]), DType(static_cast<uint8_t>(i.immediate))); });
      case Prim::bitcast: return in[0];
      case Prim::select: return in[0] ? in[1] : in[2];
      case Prim::philox: return philox_word(in[0], static_cast<uint32_t>(in[1]), static_cast<uint32_t>(in[2]));
      default: break;
    }
    const RegisterType type = program_.registers[i.operands[0]];
    return with_type(type, [&]<class T>(T) {
      return compute(i.prim, as<T>(in[0]), as<T>(in[1]), as<T>(in[2]), type == RegisterType::boolean);
    });
  }

  Bits reduced(const Instruction& i) {
    const auto kind = static_cast<ReduceKind>(i.immediate);
    const bool position = kind == ReduceKind::argmax || kind == ReduceKind::argmin;
    const RegisterType from = program_.registers[i.operands[0]], type = position ? from : i.type;
    return with_type(type, [&]<class T>(T) {
      using L = std::numeric_limits<T>;
      using W = typename std::conditional_t<std::is_integral_v<T>, std::make_unsigned<T>, std::type_identity<T>>::type;
      const T lowest = L::has_infinity ? -L::infinity() : L::lowest(), highest = L::has_infinity ? L::infinity() : L::max();
      T out = kind == ReduceKind::prod || kind == ReduceKind::all ? T(1) : T(0);
      if (kind == ReduceKind::max || kind == ReduceKind::argmax) out = lowest;
      if (kind == ReduceKind::min || kind == ReduceKind::argmin) out = highest;
      int32_t number = 0, best = 0;
      for_points(Loop::reduced, 0, [&] {
        const T x = as<T>(convert(value_of(i.operands[0]), from, type));
        const bool nan = x != x && out == out;
        switch (kind) {
          case ReduceKind::sum: out = T(W(out) + W(x)); break;
          case ReduceKind::prod: out = T(W(out) * W(x)); break;
          case ReduceKind::any: out = T(out != 0 || x != 0); break;
          case ReduceKind::all: out = T(out != 0 && x != 0); break;
          case ReduceKind::max:
          case ReduceKind::argmax:
            if (nan || x > out) out = x, best = number;
            break;
          case ReduceKind::min:
          case ReduceKind::argmin:
            if (nan || x < out) out = x, best = number;
            break;
        }
        ++number;
      });
      return position ? bits_of(best) : bits_of(out);
    });
  }

  const KernelProgram& program_;
  const Launch& launch_;
  std::vector<std::byte*> memory_;
  std::vector<const Instruction*> definition_;
  std::vector<int64_t> point_;
  struct Known {
    std::vector<int64_t> point{-1};
    Bits value = 0;
  };
  std::map<RegisterId, Known> known_;  // each register where it was last asked for
  std::map<RegisterId, Bits> kept_values_;
  std::vector<std::pair<std::byte*, std::vector<std::byte>>> pending_;
};

}  // namespace

void evaluate_slowly(const KernelProgram& program, const Launch& launch, const std::vector<std::byte*>& operands) {
  Evaluation(program, launch, operands).run();
}

}  // namespace cornu::codegen
