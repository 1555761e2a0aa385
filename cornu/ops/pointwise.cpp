#include "cornu/ops/pointwise.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "cornu/ops/pointwise_row.h"
#include "cornu/ops/view/view.h"

namespace cornu::ops {

// The rows' common rules

Shape common_shape(std::string_view op, std::span<const ir::Spec> in) {
  Shape shape = in[0].shape;
  for (const ir::Spec& spec : in.subspan(1)) {
    CORNU_CHECK(compatible(shape, spec.shape), "`{}` got operands of shapes {} and {}.", op, to_string(shape),
                to_string(spec.shape));
    for (int axis = 0; axis < shape.rank(); ++axis) merge_dims(shape[axis], spec.shape[axis], shape[axis]);
  }
  return shape;
}

std::vector<ir::Spec> infer_row(std::string_view op, unsigned traits, std::span<const ir::Spec> in) {
  for (const ir::Spec& spec : in)
    CORNU_CHECK(spec.dtype == in[0].dtype && (traits & trait_of(spec.dtype.kind())), "`{}` got operands of {} and {}.", op,
                in[0].dtype.name(), spec.dtype.name());
  return {{(traits & kPredicate) ? bool_ : in[0].dtype, common_shape(op, in)}};
}

Register emit_row(unsigned traits, std::span<const Register> in, KernelBuilder& b,
                  const std::function<Register(std::span<const Register>)>& emit) {
  const DType dtype = in[0].dtype;
  const bool is_half = dtype.is_floating() && dtype.size() == 2;
  if (!is_half) return emit(in);
  std::vector<Register> wide;
  for (Register r : in) wide.push_back(b.convert(r, float32));
  Register out = emit(wide);
  if (traits & kPredicate) return out;
  if (!(traits & kExact)) return b.convert(out, dtype);
  out.dtype = dtype;
  return out;
}

// select

namespace {

std::vector<ir::Spec> infer_select(const ir::NoAttributes&, std::span<const ir::Spec> in) {
  CORNU_CHECK(in[0].dtype == bool_ && in[1].dtype == in[2].dtype, "`select` got operands of {}, {} and {}.", in[0].dtype.name(),
              in[1].dtype.name(), in[2].dtype.name());
  return {{in[1].dtype, common_shape("select", in)}};
}

std::vector<Value> vjp_select(const ir::NoAttributes&, const VjpArgs& v) {
  const Value none = zeros_like(v.grad());
  return {Value(), select(v.operand(0), v.grad(), none), select(v.operand(0), none, v.grad())};
}

void reference_select(const ir::NoAttributes&, std::span<const ir::HostOperand> in, std::span<const ir::HostOperand> out) {
  dispatch(out[0].spec.dtype, [&]<class T>(T) {
    for (int64_t i = 0; i < out[0].elements(); ++i) out[0].as<T>()[i] = in[0].as<bool>()[i] ? in[1].as<T>()[i] : in[2].as<T>()[i];
  });
}

// clip

std::vector<Value> decompose_clip(const ir::NoAttributes&, std::span<const Value> in) {
  return {minimum(maximum(in[0], in[1]), in[2])};
}

// That of minimum(maximum(x, low), high).
std::vector<Value> vjp_clip(const ir::NoAttributes&, const VjpArgs& v) {
  const Value raised = maximum(v.operand(0), v.operand(1));
  auto shares = [](const Value& out, const Value& grad) {
    return out->op().vjp({out.node(), out->operands(), std::span(&out, 1), std::span(&grad, 1)});
  };
  const auto outer = shares(minimum(raised, v.operand(2)), v.grad());
  const auto inner = shares(raised, outer[0]);
  return {inner[0], inner[1], outer[1]};
}

void reference_clip(const ir::NoAttributes&, std::span<const ir::HostOperand> in, std::span<const ir::HostOperand> out) {
  dispatch(out[0].spec.dtype, [&]<class T>(T) {
    for (int64_t i = 0; i < out[0].elements(); ++i) {
      const T x = in[0].as<T>()[i], low = in[1].as<T>()[i], high = in[2].as<T>()[i];
      const T raised = x != x || x > low ? x : low;
      out[0].as<T>()[i] = raised != raised || raised < high ? raised : high;
    }
  });
}

// cast

template <class To, class From>
To cast_element(From x) {
  if constexpr (std::is_same_v<To, bool>) return x != From(0);
  else if constexpr (std::is_same_v<From, double> && std::is_integral_v<To>) {
    if (std::isnan(x)) return 0;
    const double low = double(std::numeric_limits<To>::min()), beyond = std::ldexp(1.0, std::numeric_limits<To>::digits);
    if (x <= low) return std::numeric_limits<To>::min();
    return x >= beyond ? std::numeric_limits<To>::max() : static_cast<To>(x);
  } else {
    return static_cast<To>(x);
  }
}

std::vector<ir::Spec> infer_cast(const CastAttributes& a, std::span<const ir::Spec> in) { return {{a.to, in[0].shape}}; }

std::vector<Value> vjp_cast(const CastAttributes&, const VjpArgs& v) {
  const DType from = v.operand(0).dtype();
  return {from.is_floating() && v.grad().dtype().is_floating() ? cast(v.grad(), from) : Value()};
}

// `convert` saturates at the register's width; a narrower integer is saturated before.
Register emit_cast(KernelBuilder& b, const CastAttributes& a, std::span<const Register> in) {
  const Register x = in[0];
  if (!x.dtype.is_floating() || !a.to.is_integer() || a.to.size() >= 4) return b.convert(x, a.to);
  const bool is_signed = a.to.kind() == DTypeKind::signed_integer;
  const int digits = a.to.size() * 8 - (is_signed ? 1 : 0);
  Register wide = b.convert(x, is_signed ? int32 : uint32);
  wide = b.op(Prim::min, wide, b.like(wide, double((1 << digits) - 1)));
  if (is_signed) wide = b.op(Prim::max, wide, b.like(wide, double(-(1 << digits))));
  wide.dtype = a.to;
  return wide;
}

void reference_cast(const CastAttributes& a, std::span<const ir::HostOperand> in, std::span<const ir::HostOperand> out) {
  dispatch_wide(in[0].spec.dtype, [&]<class Wide>(Wide) {
    const auto x = widened<Wide>(in[0]);
    dispatch(a.to, [&]<class T>(T) {
      for (int64_t i = 0; i < out[0].elements(); ++i) out[0].as<T>()[i] = cast_element<T>(x[i]);
    });
  });
}

}  // namespace

const OpDef select_op = ir::define_op(ir::OpSpec<>{
    .name = "select",
    .min_operands = 3,
    .max_operands = 3,
    .infer = infer_select,
    .vjp = vjp_select,
    .emit = [](KernelBuilder& b, const ir::NoAttributes&, std::span<const Register> in) { return b.select(in[0], in[1], in[2]); },
    .reference = reference_select});

const OpDef clip_op = ir::define_op(
    ir::OpSpec<>{.name = "clip",
                 .min_operands = 3,
                 .max_operands = 3,
                 .infer = [](const ir::NoAttributes&, std::span<const ir::Spec> in) { return infer_row("clip", kNumber, in); },
                 .vjp = vjp_clip,
                 .decompose = decompose_clip,
                 .emit = [](KernelBuilder& b, const ir::NoAttributes&,
                            std::span<const Register> in) { return b.op(Prim::min, b.op(Prim::max, in[0], in[1]), in[2]); },
                 .reference = reference_clip});

const OpDef cast_op = ir::define_op(ir::OpSpec<CastAttributes>{
    .name = "cast", .infer = infer_cast, .vjp = vjp_cast, .emit = emit_cast, .reference = reference_cast});

std::vector<Value> broadcast_together(std::string_view op, std::vector<Value> operands) {
  Shape shape = operands[0].shape();
  for (const Value& v : operands)
    if (!broadcast_shapes(shape, v.shape(), shape)) {
      std::vector<std::string> shapes;
      for (const Value& each : operands) shapes.push_back(to_string(each.shape()));
      throw error<ValueError>(
          "The operands of `{}` cannot be broadcast together: from the right, dims must be equal or 1. Received "
          "shapes: {}",
          op, fmt::join(shapes, ", "));
    }
  for (Value& v : operands) v = broadcast_to(v, shape);
  return operands;
}

Value select(const Value& condition, const Value& a, const Value& b) {
  return ir::apply(select_op, broadcast_together("where", {condition, a, b}));
}
Value clip(const Value& x, const Value& low, const Value& high) {
  return ir::apply(clip_op, broadcast_together("clip", {x, low, high}));
}
Value cast(const Value& x, DType to) { return x.dtype() == to ? x : ir::apply(cast_op, CastAttributes{to}, {x}); }

Value full_like(const Value& x, double value) { return ir::constant(value, x.dtype(), x.shape()); }
Value softplus(const Value& x) { return logaddexp(x, zeros_like(x)); }
Value log_sigmoid(const Value& x) { return -softplus(-x); }
Value squared_difference(const Value& a, const Value& b) { return square(a - b); }

}  // namespace cornu::ops
