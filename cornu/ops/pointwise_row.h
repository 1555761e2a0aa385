#pragma once

#include <array>
#include <utility>

#include "cornu/ops/pointwise.h"
#include "cornu/ops/reference.h"

// What the tables of pointwise ops are written with: a row is a name, how the op is emitted, a reference and a
// gradient.

namespace cornu::ops {

using ir::KernelBuilder;
using ir::Prim;
using ir::Register;
using ir::VjpArgs;

// What a row accepts and gives.
enum Traits : unsigned {
  kFloat = 1,
  kSigned = 2,
  kUnsigned = 4,
  kBool = 8,
  kInteger = kSigned | kUnsigned,
  kNumber = kFloat | kInteger,
  kAny = kNumber | kBool,
  kPredicate = 16,  // the result is bool
  kExact = 32,      // the result of a 16-bit float needs no rounding
};

constexpr unsigned trait_of(DTypeKind kind) {
  switch (kind) {
    case DTypeKind::floating: return kFloat;
    case DTypeKind::signed_integer: return kSigned;
    case DTypeKind::unsigned_integer: return kUnsigned;
    case DTypeKind::boolean: return kBool;
  }
  return 0;
}

// What a gradient formula reads.
struct Unary {
  const Value& x;
  const Value& y;  // the output
  const Value& grad;
};
struct Binary {
  const Value& a;
  const Value& b;
  const Value& y;
  const Value& grad;
};
using UnaryGradient = Value (*)(const Unary&);
using BinaryGradient = std::pair<Value, Value> (*)(const Binary&);
using UnaryEmit = Register (*)(KernelBuilder&, Register);
using BinaryEmit = Register (*)(KernelBuilder&, Register, Register);

// Constant almost everywhere: no gradient, and no error where one is asked for.
inline Value flat(const Unary&) { return {}; }
inline std::pair<Value, Value> flat2(const Binary&) { return {}; }

// For references: signed overflow wraps.
template <class T>
auto wrapping(T x) {
  if constexpr (std::is_same_v<T, int64_t>) return static_cast<uint64_t>(x);
  else return x;
}

template <Prim kPrim>
Register prim(KernelBuilder& b, Register x) {
  return b.op(kPrim, x);
}
template <Prim kPrim>
Register prim2(KernelBuilder& b, Register x, Register y) {
  return b.op(kPrim, x, y);
}

// The shape that all operands have; an unknown dim takes what another operand knows.
Shape common_shape(std::string_view op, std::span<const ir::Spec> in);
std::vector<ir::Spec> infer_row(std::string_view op, unsigned traits, std::span<const ir::Spec> in);
// 16-bit floats are computed in float32 and rounded once, at the end.
Register emit_row(unsigned traits, std::span<const Register> in, KernelBuilder& b,
                  const std::function<Register(std::span<const Register>)>& emit);

template <unsigned kTraits, std::size_t kOperands, class F>
ir::ReferenceFn row_reference(F f) {
  return [f](const ir::Attributes&, std::span<const ir::HostOperand> in, std::span<const ir::HostOperand> out) {
    dispatch_wide(in[0].spec.dtype, [&]<class Wide>(Wide) {
      if constexpr (kTraits & trait_of(kind_of_wide<Wide>)) {
        [&]<std::size_t... I>(std::index_sequence<I...>) {
          const std::array<std::unique_ptr<Wide[]>, kOperands> x{widened<Wide>(in[I])...};
          using Result = std::conditional_t<(kTraits & kPredicate) != 0, bool, Wide>;
          auto y = std::make_unique<Result[]>(out[0].elements());
          for (int64_t i = 0; i < out[0].elements(); ++i) y[i] = static_cast<Result>(f(x[I][i]...));
          store<Result>(y.get(), out[0]);
        }
        (std::make_index_sequence<kOperands>{});
      }
    });
  };
}

template <unsigned kTraits, class F>
OpDef unary(std::string_view name, UnaryEmit emit, F reference, UnaryGradient gradient) {
  OpDef op{.name = name};
  op.infer = [name](const ir::Attributes&, std::span<const ir::Spec> in) { return infer_row(name, kTraits, in); };
  op.emit = [emit](KernelBuilder& b, const ir::Attributes&, std::span<const Register> in) {
    return emit_row(kTraits, in, b, [&](std::span<const Register> x) { return emit(b, x[0]); });
  };
  op.reference = row_reference<kTraits, 1>(reference);
  if (gradient) op.vjp = [gradient](const VjpArgs& v) { return std::vector{gradient({v.operand(0), v.output(), v.grad()})}; };
  return op;
}

template <unsigned kTraits, class F>
OpDef binary(std::string_view name, BinaryEmit emit, F reference, BinaryGradient gradient) {
  OpDef op{.name = name, .min_operands = 2, .max_operands = 2};
  op.infer = [name](const ir::Attributes&, std::span<const ir::Spec> in) { return infer_row(name, kTraits, in); };
  op.emit = [emit](KernelBuilder& b, const ir::Attributes&, std::span<const Register> in) {
    return emit_row(kTraits, in, b, [&](std::span<const Register> x) { return emit(b, x[0], x[1]); });
  };
  op.reference = row_reference<kTraits, 2>(reference);
  if (gradient)
    op.vjp = [gradient](const VjpArgs& v) {
      auto [a, b] = gradient({v.operand(0), v.operand(1), v.output(), v.grad()});
      return std::vector{a, b};
    };
  return op;
}

}  // namespace cornu::ops
