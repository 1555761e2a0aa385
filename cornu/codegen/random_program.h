#pragma once

// For tests: random kernel programs with memory for them, to be run in one way and another.

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>

#include "cornu/base/float16.h"
#include "cornu/ir/kernel_program.h"

namespace cornu::codegen {

using namespace ir;

struct Case {
  std::shared_ptr<KernelProgram> program = std::make_shared<KernelProgram>();
  Launch launch;
  std::vector<int64_t> elements;  // of each operand's memory
};

inline bool is_float(RegisterType t) { return t == RegisterType::f32 || t == RegisterType::f64; }

class RandomCase {
 public:
  explicit RandomCase(uint32_t seed) : random_(seed) {}

  Case make() {
    make_loops();
    return make_code();
  }
  // Kept loops alone, walked row by row, mostly from addresses that packs of neighbours can have.
  Case make_pointwise() {
    is_dense_ = true;
    const int64_t rows[] = {1, 3, 16, 40}, columns[] = {8, 64, 72, 136, 1504};
    if (below(2)) {
      program().loops = {Loop::kept};
      case_.launch.extents = {below(15) == 0 ? 0 : below(3000)};
    } else {
      program().loops = {Loop::kept, Loop::kept};
      case_.launch.extents = {rows[below(4)], columns[below(5)] + (below(6) == 0)};
    }
    return make_code();
  }

 private:
  Case make_code() {
    const int inputs = 1 + below(4);
    for (int i = 0; i < inputs; ++i) add_input();
    for (int i = 0; i < inputs; ++i) load(i);
    for (int n = 2 + below(14); n > 0; --n) add_random();
    const int outputs = 1 + below(3);
    for (int i = 0; i < outputs; ++i) add_output();
    return std::move(case_);
  }
  int below(int n) { return static_cast<int>(random_() % static_cast<uint32_t>(n)); }
  KernelProgram& program() { return *case_.program; }

  void make_loops() {
    const int extents[] = {1, 2, 3, 5, 7, 16, 17, 33, 64, 130, 1500, 9000};
    int64_t points = 1;
    for (int l = below(5); l > 0; --l) {
      int64_t extent = extents[below(12)];
      if (below(60) == 0) extent = 0;
      if (points * extent > 30000) extent = 2;
      points *= std::max<int64_t>(extent, 1);
      program().loops.push_back(below(5) < 3 ? Loop::kept : Loop::reduced);
      case_.launch.extents.push_back(extent);
    }
  }

  bool is_still(Space space, std::size_t l) {
    return space == Space::uniform || (space == Space::kept && program().loops[l] == Loop::reduced);
  }

  // Strides over the loops of a space: dense, permuted or padded, backwards; an input may also stand still.
  void add_operand(DType dtype, Space space, Access access, bool output) {
    const std::size_t loops = program().loops.size();
    std::vector<std::size_t> order(loops);
    for (std::size_t l = 0; l < loops; ++l) order[l] = l;
    if (is_rarely(3)) std::shuffle(order.begin(), order.end(), random_);
    LaunchOperand walk{0, std::vector<int64_t>(loops)};
    int64_t next = is_rarely(5) ? 2 : 1, lowest = 0, highest = 0;
    for (std::size_t k = loops; k-- > 0;) {
      const std::size_t l = order[k];
      if (is_still(space, l) || (!output && below(4) == 0)) continue;
      walk.strides[l] = is_rarely(8) ? -next : next;
      const int64_t reach = walk.strides[l] * std::max<int64_t>(case_.launch.extents[l] - 1, 0);
      (reach < 0 ? lowest : highest) += reach;
      next *= std::max<int64_t>(case_.launch.extents[l], 1) + is_rarely(6);
    }
    walk.offset = -lowest + (is_dense_ ? 8 * below(3) + is_rarely(1) : below(3));
    program().operands.push_back({dtype, space, access, output});
    case_.elements.push_back(walk.offset + highest + 1);
    case_.launch.operands.push_back(walk);
  }
  // One time in so many; far less often where most should be dense.
  bool is_rarely(int n) { return below(is_dense_ ? 10 * n : n) == 0; }
  Space random_space() { return below(6) == 0 ? Space::uniform : below(4) == 0 ? Space::kept : Space::full; }

  void add_input() {
    const Access access = below(6) == 0 ? Access::index : Access::strided;
    add_operand(access == Access::index ? uint64 : random_dtype(), random_space(), access, false);
  }
  DType random_dtype() { return below(2) ? float32 : all_dtypes()[below(13)]; }

  RegisterId append(Prim prim, RegisterType type, Space space, std::array<RegisterId, 3> in, uint64_t immediate = 0) {
    const auto result = static_cast<RegisterId>(program().registers.size());
    program().registers.push_back(type);
    program().spaces.push_back(space);
    program().code.push_back({prim, type, space, result, in, immediate});
    return result;
  }
  RegisterId apply(Prim prim, RegisterType type, std::array<RegisterId, 3> in, uint64_t immediate = 0) {
    Space space = Space::uniform;
    for (RegisterId r : in)
      if (r != kNoRegister) space = std::max(space, program().spaces[r]);
    return append(prim, type, space, in, immediate);
  }
  void load(int operand) {
    const auto& o = program().operands[operand];
    const RegisterType type = below(4) ? computing_type(o.dtype) : RegisterType::f32;
    if (o.access == Access::index) append(Prim::index, below(2) ? RegisterType::u64 : RegisterType::i32, o.space, kNone, operand);
    else append(Prim::load, type, o.space, kNone, operand);
  }

  RegisterId pick() {
    return static_cast<RegisterId>(program().registers.size() - 1 - below(std::min<int>(8, program().registers.size())));
  }
  RegisterId pick(RegisterType type) {
    const RegisterId r = pick();
    return program().registers[r] == type ? r : apply(Prim::convert, type, {r, kNoRegister, kNoRegister});
  }
  RegisterType random_type() { return below(2) ? RegisterType::f32 : static_cast<RegisterType>(below(7)); }

  void add_random() {
    using enum Prim;
    const RegisterType type = random_type();
    const Prim any[] = {add, sub, mul, min, max, fma, neg, abs, eq, ne, lt, le, gt, ge, select, convert};
    const Prim floats[] = {
        div,   rem,    sqrt,    floor, ceil,     round,          trunc, exp,   expm1, log,   log1p, log2, sin,     cos,
        tan,   asin,   acos,    atan,  sinh,     cosh,           tanh,  asinh, acosh, atanh, erf,   erfc, erf_inv, pow,
        atan2, lgamma, digamma, wrap,  gammainc, gammainc_grad_a};
    const Prim integers[] = {div, rem, bit_and, bit_or, bit_xor, bit_not, shift_left, shift_right, wrap, philox};
    const Prim booleans[] = {bit_and, bit_or, bit_xor, bit_not, eq, ne, select};
    if (!is_dense_ && below(4) == 0) return add_reduction();
    if (below(6) == 0) {
      const uint64_t bits = random_bits(type);
      if (below(2)) return (void)append(constant, type, Space::uniform, kNone, bits);
      case_.launch.numbers.push_back(bits);
      return (void)append(number, type, Space::uniform, kNone, case_.launch.numbers.size() - 1);
    }
    Prim prim = any[below(std::size(any))];
    if (type == RegisterType::boolean) prim = booleans[below(std::size(booleans))];
    else if (below(2)) prim = is_float(type) ? floats[below(std::size(floats))] : integers[below(std::size(integers))];
    if (prim == convert) return (void)pick(type);
    if (prim == wrap) return (void)apply(wrap, type, {pick(type), kNoRegister, kNoRegister}, narrow(type).index());
    if (prim == philox)
      return (void)apply(philox, RegisterType::u32, {pick(RegisterType::u64), pick(RegisterType::u32), pick(RegisterType::u32)});
    if (prim == select) return (void)apply(select, type, {pick(RegisterType::boolean), pick(type), pick(type)});
    std::array<RegisterId, 3> in = kNone;
    for (int k = 0; k < operand_count(prim); ++k) in[k] = pick(type);
    apply(prim, prim >= eq && prim <= ge ? RegisterType::boolean : type, in);
  }
  DType narrow(RegisterType type) {
    const DType floats[] = {float16, bfloat16}, integers[] = {int8, int16, uint8, uint16};
    return is_float(type) ? floats[below(2)] : integers[below(4)];
  }
  uint64_t random_bits(RegisterType type) {
    const double values[] = {0, -0.0, 1, -1, 2, 0.5, 3.25, -7, 100, 1e10, INFINITY, NAN};
    const double v = values[below(12)];
    if (type == RegisterType::f32) return __builtin_bit_cast(uint32_t, static_cast<float>(v));
    if (type == RegisterType::f64) return __builtin_bit_cast(uint64_t, v);
    if (type == RegisterType::boolean) return below(2);
    const uint64_t bits = uint64_t(below(5)) - 2;
    return type == RegisterType::i32 || type == RegisterType::u32 ? uint32_t(bits) : bits;
  }

  // Floating-point sums and products are of few bits, and extrema of one zero only, so that any order gives the same.
  void add_reduction() {
    using enum ReduceKind;
    const ReduceKind kind = static_cast<ReduceKind>(below(8));
    RegisterType type = random_type();
    if (kind == any || kind == all) type = RegisterType::boolean;
    else if (type == RegisterType::boolean) type = RegisterType::i32;
    RegisterId value = pick(type);
    if (is_float(type) && (kind == sum || kind == prod)) {
      const RegisterId integer = apply(Prim::convert, RegisterType::i32, {value, kNoRegister, kNoRegister});
      const RegisterId bits = append(Prim::constant, RegisterType::i32, Space::uniform, kNone, kind == sum ? 7 : 1);
      const RegisterId small = apply(Prim::bit_and, RegisterType::i32, {integer, bits, kNoRegister});
      value = apply(Prim::convert, type, {small, kNoRegister, kNoRegister});
    }
    const bool position = kind == argmax || kind == argmin;
    if (is_float(type) && (kind == max || kind == min)) {
      const RegisterId zero = append(Prim::constant, type, Space::uniform, kNone, 0);
      value = apply(Prim::add, type, {value, zero, kNoRegister});
    }
    append(Prim::reduce, position ? RegisterType::i32 : type, Space::kept, {value, kNoRegister, kNoRegister}, uint64_t(kind));
  }

  void add_output() {
    const RegisterId value = pick();
    Space space = program().spaces[value];
    if (space == Space::uniform || below(3) == 0) space = Space::full;
    if (!program().reduces() && below(2)) space = Space::full;
    add_operand(random_dtype(), space, Access::strided, true);
    program().code.push_back({Prim::store,
                              program().registers[value],
                              space,
                              kNoRegister,
                              {value, kNoRegister, kNoRegister},
                              program().operands.size() - 1});
  }

  static constexpr std::array<RegisterId, 3> kNone{kNoRegister, kNoRegister, kNoRegister};
  std::mt19937 random_;
  bool is_dense_ = false;
  Case case_;
};

using Memory = std::vector<std::vector<std::byte>>;

inline Memory random_memory(const Case& c, uint32_t seed) {
  std::mt19937 random(seed);
  Memory out;
  for (std::size_t o = 0; o < c.elements.size(); ++o) {
    const auto& operand = c.program->operands[o];
    if (operand.access == Access::index) continue;
    auto& bytes = out.emplace_back(c.elements[o] * operand.dtype.size());
    if (operand.output) continue;
    dispatch(operand.dtype, [&]<class T>(T) {
      for (int64_t i = 0; i < c.elements[o]; ++i) {
        const double special[] = {0, -0.0, INFINITY, -INFINITY, NAN, 3e38, -1e-37, 65504, 1};
        const double x =
            random() % 16 == 0 ? special[random() % 9] : (double(random() % 20001) - 10000) / (random() % 2 ? 1000 : 8);
        std::conditional_t<std::is_same_v<T, bool>, uint8_t, T> value;
        if constexpr (std::is_integral_v<T>) value = static_cast<decltype(value)>(random() % 3 ? random() % 16 : random());
        else value = T(static_cast<std::conditional_t<sizeof(T) == 8, double, float>>(x));
        std::memcpy(bytes.data() + i * sizeof(T), &value, sizeof(T));
      }
    });
  }
  return out;
}

inline std::vector<std::byte*> addresses(Memory& memory) {
  std::vector<std::byte*> out;
  for (auto& bytes : memory) out.push_back(bytes.data());
  return out;
}

inline bool same(DType dtype, const std::byte* a, const std::byte* b) {
  if (std::memcmp(a, b, dtype.size()) == 0) return true;
  return dispatch(dtype, [&]<class T>(T) {
    T x, y;
    std::memcpy(&x, a, sizeof(T));
    std::memcpy(&y, b, sizeof(T));
    if constexpr (std::is_integral_v<T>) return false;
    else return double(x) != double(x) && double(y) != double(y);
  });
}

inline void expect_equal(const Case& c, const Memory& got, const Memory& expected, const std::string& where) {
  std::size_t slot = 0;
  for (const auto& operand : c.program->operands) {
    if (operand.access == Access::index) continue;
    const auto &a = got[slot], &b = expected[slot];
    ++slot;
    for (std::size_t i = 0; i < a.size(); i += operand.dtype.size())
      if (!same(operand.dtype, a.data() + i, b.data() + i)) {
        std::string extents;
        for (int64_t e : c.launch.extents) extents += std::to_string(e) + " ";
        for (const auto& o : c.launch.operands) {
          extents += fmt::format("| {}:", o.offset);
          for (int64_t s : o.strides) extents += fmt::format(" {}", s);
        }
        std::string values = dispatch(operand.dtype, [&]<class T>(T) {
          return std::to_string(double(*reinterpret_cast<const T*>(a.data() + i))) + " for " +
                 std::to_string(double(*reinterpret_cast<const T*>(b.data() + i)));
        });
        FAIL() << where << ", operand in memory " << slot - 1 << ", element " << i / operand.dtype.size() << ": " << values
               << "\nextents " << extents << "\n"
               << c.program->text();
      }
  }
}

}  // namespace cornu::codegen
