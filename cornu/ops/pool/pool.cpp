#include "cornu/ops/pool/pool.h"

#include <cmath>

#include "cornu/ops/pool/geometry.h"
#include "cornu/ops/reference.h"

namespace cornu::ops {
namespace {

using ir::HostOperand;
using ir::Spec;
using ir::Value;
using ir::VjpArgs;

// ---------------------------------------------------------------------------------------------------------------------
// Shapes

int spatial_rank(const PoolAttributes& p) { return int(p.window.size()); }

void check_rank(std::string_view op, const PoolAttributes& p, const Shape& shape) {
  CORNU_CHECK(spatial_rank(p) >= 1 && spatial_rank(p) <= 3 && p.strides.size() == p.window.size() &&
              p.padding_low.size() == p.window.size() && p.padding_high.size() == p.window.size());
  if (shape.rank() != spatial_rank(p) + 2)
    throw error<ValueError>("`{}` over {} spatial axes needs an input of rank {}. Received: {}", op, spatial_rank(p),
                            spatial_rank(p) + 2, to_string(shape));
}

Shape pooled(std::string_view op, const PoolAttributes& p, const Shape& input) {
  check_rank(op, p, input);
  Shape out = input;
  for (int i = 0; i < spatial_rank(p); ++i) {
    out[i + 1] = window_count(input[i + 1], {p.window[i], p.strides[i], 1, p.padding_low[i], p.padding_high[i]});
    if (out[i + 1] == 0)
      throw error<ValueError>(
          "Computed output size would be negative. The window does not fit into the input: received input shape {}, "
          "pool size {}. Use a smaller window or padding=\"same\".",
          to_string(input), to_string(Shape(p.window)));
  }
  return out;
}

Shape unpooled(std::string_view op, const PoolAttributes& p, const Shape& output) {
  check_rank(op, p, output);
  Shape input = output;
  for (int i = 0; i < spatial_rank(p); ++i) input[i + 1] = p.extents[i];
  CORNU_CHECK(compatible(pooled(op, p, input), output), "A pooling of {} gives no {}.", to_string(input), to_string(output));
  return input;
}

DType index_type(const PoolAttributes& p) {
  int64_t elements = 1;
  for (int64_t n : p.window) elements *= n;
  return elements <= 255 ? uint8 : int32;
}

std::vector<Spec> infer_max(const PoolAttributes& p, std::span<const Spec> in) {
  const Shape out = pooled("max_pool", p, in[0].shape);
  return {{in[0].dtype, out}, {index_type(p), out}};
}
void check_index(std::string_view op, const PoolAttributes& p, const Spec& index, const Shape& output) {
  CORNU_CHECK(index.dtype == index_type(p) && compatible(index.shape, output), "`{}` of {} got an index of {}.", op,
              to_string(output), to_string(index));
}
std::vector<Spec> infer_max_gradient(const PoolAttributes& p, std::span<const Spec> in) {
  check_index("max_pool_gradient", p, in[1], in[0].shape);
  return {{in[0].dtype, unpooled("max_pool_gradient", p, in[0].shape)}};
}
std::vector<Spec> infer_pick(const PoolAttributes& p, std::span<const Spec> in) {
  const Shape out = pooled("max_pool_pick", p, in[0].shape);
  check_index("max_pool_pick", p, in[1], out);
  return {{in[0].dtype, out}};
}
void check_floating(std::string_view op, const Spec& spec) {
  if (!spec.dtype.is_floating()) throw error<TypeError>("`{}` needs floats. Received: {}", op, spec.dtype.name());
}
std::vector<Spec> infer_average(const PoolAttributes& p, std::span<const Spec> in) {
  check_floating("average_pool", in[0]);
  return {{in[0].dtype, pooled("average_pool", p, in[0].shape)}};
}
std::vector<Spec> infer_average_gradient(const PoolAttributes& p, std::span<const Spec> in) {
  check_floating("average_pool_gradient", in[0]);
  return {{in[0].dtype, unpooled("average_pool_gradient", p, in[0].shape)}};
}

// ---------------------------------------------------------------------------------------------------------------------
// Gradients

PoolAttributes with_extents(PoolAttributes p, const Shape& input) {
  p.extents.assign(input.begin() + 1, input.end() - 1);
  return p;
}

std::vector<Value> vjp_max(const PoolAttributes& p, const VjpArgs& v) {
  if (!v.grads[0]) return {Value()};
  return {ir::apply(max_pool_gradient_op, with_extents(p, v.operand(0).shape()), {v.grads[0], v.outputs[1]})};
}
std::vector<Value> vjp_max_gradient(const PoolAttributes& p, const VjpArgs& v) {
  return {ir::apply(max_pool_pick_op, p, {v.grad(), v.operand(1)}), Value()};
}
std::vector<Value> vjp_pick(const PoolAttributes& p, const VjpArgs& v) {
  return {ir::apply(max_pool_gradient_op, with_extents(p, v.operand(0).shape()), {v.grad(), v.operand(1)}), Value()};
}
std::vector<Value> vjp_average(const PoolAttributes& p, const VjpArgs& v) {
  return {ir::apply(average_pool_gradient_op, with_extents(p, v.operand(0).shape()), {v.grad()})};
}
std::vector<Value> vjp_average_gradient(const PoolAttributes& p, const VjpArgs& v) {
  PoolAttributes forward = p;
  forward.extents.clear();
  return {ir::apply(average_pool_op, std::move(forward), {v.grad()})};
}

// ---------------------------------------------------------------------------------------------------------------------
// References: one walk over (window, element) pairs for all of them

// Calls f(input offset, output offset, tap, elements of the window that are inside) for every pair, windows in order.
template <class F>
void for_each_tap(const PoolAttributes& p, const Shape& input, const Shape& output, F&& f) {
  const PoolGeometry g = geometry_of(p, input, output);
  int64_t place = 0;
  for_each_index({g.batch, g.out[0], g.out[1], g.out[2]}, [&](const std::vector<int64_t>& at) {
    PoolGeometry::Range taps[3];
    int64_t inside = 1;
    for (int axis = 0; axis < 3; ++axis) {
      taps[axis] = g.taps(axis, at[axis + 1]);
      inside *= std::max<int64_t>(0, taps[axis].end - taps[axis].first);
    }
    for (int64_t a = taps[0].first; a < taps[0].end; ++a)
      for (int64_t b = taps[1].first; b < taps[1].end; ++b)
        for (int64_t c = taps[2].first; c < taps[2].end; ++c) {
          int64_t from = at[0];
          const int64_t tap[] = {a, b, c};
          for (int axis = 0; axis < 3; ++axis) from = from * g.in[axis] + g.position(axis, at[axis + 1]) + tap[axis];
          const int64_t number = (a * g.window[1].size + b) * g.window[2].size + c;
          for (int64_t channel = 0; channel < g.channels; ++channel)
            f(from * g.channels + channel, place * g.channels + channel, number, inside);
        }
    ++place;
  });
}

// Nothing was seen yet: the first element is taken whatever it is.
constexpr int64_t kNone = -1;

void reference_max(const PoolAttributes& p, std::span<const HostOperand> in, std::span<const HostOperand> out) {
  std::vector<int64_t> index(out[0].elements(), kNone);
  dispatch(in[0].spec.dtype, [&]<class T>(T) {
    const T* x = in[0].as<T>();
    T* y = out[0].as<T>();
    std::fill_n(y, out[0].elements(), T{});
    for_each_tap(p, in[0].spec.shape, out[0].spec.shape, [&](int64_t from, int64_t to, int64_t tap, int64_t) {
      const bool is_nan = x[from] != x[from] && y[to] == y[to];
      if (index[to] != kNone && !(x[from] > y[to]) && !is_nan) return;
      y[to] = x[from];
      index[to] = tap;
    });
  });
  for (int64_t& i : index) i = std::max<int64_t>(i, 0);
  dispatch(out[1].spec.dtype, [&]<class I>(I) { std::copy(index.begin(), index.end(), out[1].as<I>()); });
}

std::vector<int64_t> indices(const HostOperand& operand) {
  std::vector<int64_t> out(operand.elements());
  dispatch(operand.spec.dtype, [&]<class I>(I) { std::copy_n(operand.as<I>(), out.size(), out.begin()); });
  return out;
}

// Sums of what `weight(output offset, tap, inside)` says each (element, window) pair is worth; from outputs to inputs or back.
template <bool kToInput, class Weight>
void reference_sum(const PoolAttributes& p, const HostOperand& from, const HostOperand& to, const Weight& weight) {
  const Shape &input = (kToInput ? to : from).spec.shape, &output = (kToInput ? from : to).spec.shape;
  dispatch_wide(from.spec.dtype, [&]<class Wide>(Wide) {
    const auto x = widened<Wide>(from);
    std::vector<std::conditional_t<std::is_same_v<Wide, bool>, uint8_t, Wide>> sums(to.elements());
    for_each_tap(p, input, output, [&](int64_t i, int64_t o, int64_t tap, int64_t inside) {
      const auto w = weight(o, tap, inside);
      if (w != 0) sums[kToInput ? i : o] += x[kToInput ? o : i] * w;
    });
    if constexpr (!std::is_same_v<Wide, bool>) store<Wide>(sums.data(), to);
    else std::copy(sums.begin(), sums.end(), to.as<bool>());
  });
}

void reference_max_gradient(const PoolAttributes& p, std::span<const HostOperand> in, std::span<const HostOperand> out) {
  reference_sum<true>(p, in[0], out[0], [index = indices(in[1])](int64_t o, int64_t tap, int64_t) { return index[o] == tap; });
}
void reference_pick(const PoolAttributes& p, std::span<const HostOperand> in, std::span<const HostOperand> out) {
  reference_sum<false>(p, in[0], out[0], [index = indices(in[1])](int64_t o, int64_t tap, int64_t) { return index[o] == tap; });
}
void reference_average(const PoolAttributes& p, std::span<const HostOperand> in, std::span<const HostOperand> out) {
  reference_sum<false>(p, in[0], out[0], [](int64_t, int64_t, int64_t inside) { return 1.0 / inside; });
}
void reference_average_gradient(const PoolAttributes& p, std::span<const HostOperand> in, std::span<const HostOperand> out) {
  reference_sum<true>(p, in[0], out[0], [](int64_t, int64_t, int64_t inside) { return 1.0 / inside; });
}

// ---------------------------------------------------------------------------------------------------------------------

PoolAttributes attributes(std::string_view op, const Value& input, const std::vector<int64_t>& window, const PoolArgs& args) {
  const int rank = input.shape().rank() - 2;
  if (rank < 1 || rank > 3)
    throw error<ValueError>("`{}` needs an input [batch, spatial..., channels] of 1 to 3 spatial axes. Received: shape {}", op,
                            to_string(input.shape()));
  if (args.padding != "valid" && args.padding != "same")
    throw error<ValueError>("`padding` must be \"valid\" or \"same\". Received: padding=\"{}\"", args.padding);
  PoolAttributes out;
  for (int i = 0; i < rank; ++i) {
    const int64_t size = per_axis(op, "pool_size", window, rank, i);
    const int64_t stride = args.strides.empty() ? size : per_axis(op, "strides", args.strides, rank, i);
    const Window w = padded(op, args.padding, input.shape()[i + 1], size, stride, 1);
    out.window.push_back(size);
    out.strides.push_back(stride);
    out.padding_low.push_back(w.low);
    out.padding_high.push_back(w.high);
  }
  return out;
}

ir::OpDef record(std::string_view name, int operands, decltype(ir::OpSpec<PoolAttributes>::infer) infer,
                 decltype(ir::OpSpec<PoolAttributes>::vjp) vjp, decltype(ir::OpSpec<PoolAttributes>::reference) reference,
                 std::span<const ir::Lowering> (*lowerings)()) {
  return ir::define_op(ir::OpSpec<PoolAttributes>{.name = name,
                                                  .min_operands = operands,
                                                  .max_operands = operands,
                                                  .infer = infer,
                                                  .vjp = vjp,
                                                  .reference = reference,
                                                  .lowerings = lowerings});
}

}  // namespace

const ir::OpDef max_pool_op =
    record("max_pool", 1, infer_max, vjp_max, reference_max, ir::joined<max_pool_cpu_lowerings, max_pool_cuda_lowerings>);
const ir::OpDef max_pool_gradient_op =
    record("max_pool_gradient", 2, infer_max_gradient, vjp_max_gradient, reference_max_gradient,
           ir::joined<max_pool_gradient_cpu_lowerings, max_pool_gradient_cuda_lowerings>);
const ir::OpDef max_pool_pick_op = record("max_pool_pick", 2, infer_pick, vjp_pick, reference_pick,
                                          ir::joined<max_pool_pick_cpu_lowerings, max_pool_pick_cuda_lowerings>);
const ir::OpDef average_pool_op = record("average_pool", 1, infer_average, vjp_average, reference_average,
                                         ir::joined<average_pool_cpu_lowerings, average_pool_cuda_lowerings>);
const ir::OpDef average_pool_gradient_op =
    record("average_pool_gradient", 1, infer_average_gradient, vjp_average_gradient, reference_average_gradient,
           ir::joined<average_pool_gradient_cpu_lowerings, average_pool_gradient_cuda_lowerings>);

Value max_pool(const Value& input, const std::vector<int64_t>& window, const PoolArgs& args) {
  return ir::apply(max_pool_op, attributes("max_pool", input, window, args), {input});
}
Value average_pool(const Value& input, const std::vector<int64_t>& window, const PoolArgs& args) {
  return ir::apply(average_pool_op, attributes("average_pool", input, window, args), {input});
}

}  // namespace cornu::ops
