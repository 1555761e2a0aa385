#include "cornu/ir/leaf.h"

#include <algorithm>
#include <bit>

namespace cornu::ir {
namespace {

std::vector<Spec> no_rule(const Attributes&, std::span<const Spec>) {
  CORNU_CHECK(false, "A leaf is born in make_leaf.");
  return {};
}

std::vector<Spec> infer(const ConstantAttributes& a, std::span<const Spec>) { return {{a.dtype, a.shape}}; }

Register emit(KernelBuilder& b, const ConstantAttributes& a, std::span<const Register>) {
  if (a.dtype.is_floating()) return b.number_bits(register_bits(std::bit_cast<double>(a.bits), a.dtype), a.dtype);
  const int width = a.dtype.size() * 8;
  uint64_t bits = a.bits;
  if (computing_type(a.dtype) == RegisterType::i32) bits = uint32_t(int32_t(int64_t(bits << (64 - width)) >> (64 - width)));
  else if (width < 64) bits &= (uint64_t{1} << width) - 1;
  return b.number_bits(bits, a.dtype);
}

void reference(const ConstantAttributes& a, std::span<const HostOperand>, std::span<const HostOperand> out) {
  dispatch(a.dtype, [&]<class T>(T) {
    const T value = a.dtype.is_floating() ? T(float(std::bit_cast<double>(a.bits))) : T(a.bits);
    for (int64_t i = 0; i < out[0].elements(); ++i) out[0].as<T>()[i] = value;
    if constexpr (std::is_same_v<T, double>)
      for (int64_t i = 0; i < out[0].elements(); ++i) out[0].as<T>()[i] = std::bit_cast<double>(a.bits);
  });
}

void copy_reference(const NoAttributes&, std::span<const HostOperand> in, std::span<const HostOperand> out) {
  std::copy_n(in[0].data, out[0].elements() * out[0].spec.dtype.size(), out[0].data);
}

}  // namespace

const OpDef parameter_op{.name = "parameter", .min_operands = 0, .max_operands = 0, .infer = no_rule, .has_identity = true};
const OpDef data_op{.name = "data", .min_operands = 0, .max_operands = 0, .infer = no_rule, .has_identity = true};
const OpDef constant_op = define_op(OpSpec<ConstantAttributes>{
    .name = "constant", .min_operands = 0, .max_operands = 0, .infer = infer, .emit = emit, .reference = reference});

const OpDef copy_op =
    define_op(OpSpec<>{.name = "copy",
                       .infer = [](const NoAttributes&, std::span<const Spec> in) { return std::vector<Spec>{in[0]}; },
                       .vjp = [](const NoAttributes&, const VjpArgs& v) { return std::vector<Value>{v.grad()}; },
                       .emit = [](KernelBuilder&, const NoAttributes&, std::span<const Register> in) { return in[0]; },
                       .reference = copy_reference});

Value copy(Value value) { return apply(copy_op, {std::move(value)}); }

Value parameter(Spec spec) { return make_leaf(parameter_op, {}, std::move(spec)); }
Value data(Spec spec, std::shared_ptr<Data> data) { return make_leaf(data_op, {}, std::move(spec), std::move(data)); }

Value constant(double value, DType dtype, Shape shape) {
  if (!dtype.is_floating())
    return integer_constant(dtype == bool_ ? value != 0 : static_cast<int64_t>(value), dtype, std::move(shape));
  return apply(constant_op, ConstantAttributes{dtype, std::move(shape), std::bit_cast<uint64_t>(value)}, {});
}
Value integer_constant(int64_t value, DType dtype, Shape shape) {
  if (dtype.is_floating()) return constant(static_cast<double>(value), dtype, std::move(shape));
  return apply(constant_op, ConstantAttributes{dtype, std::move(shape), static_cast<uint64_t>(value)}, {});
}

double constant_as_double(const Value& v) {
  const auto& a = v->attributes<ConstantAttributes>();
  if (a.dtype.is_floating()) return std::bit_cast<double>(a.bits);
  return a.dtype.kind() == DTypeKind::signed_integer ? double(int64_t(a.bits)) : double(a.bits);
}

}  // namespace cornu::ir
