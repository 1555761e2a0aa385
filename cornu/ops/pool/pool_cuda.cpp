#include "cornu/backend/cuda/kernel/text_kernel.h"
#include "cornu/codegen/cuda_text.h"
#include "cornu/ops/pool/geometry.h"

namespace cornu::ops {
namespace {

using cuda::Argument;

// PoolGeometry for a card. A thread makes a few neighbouring channels of one element: sixteen bytes of them where all of memory allows it.
constexpr const char* kLibrary = R"cuda(
namespace cornu::kernel {

struct PoolAxis {
  int64_t in, out, size, stride, low;

  int64_t position(int64_t o) const { return o * stride - low; }
  int64_t first_tap(int64_t o) const { return position(o) < 0 ? -position(o) : 0; }
  int64_t last_tap(int64_t o) const { return in - position(o) < size ? in - position(o) : size; }
  int64_t inside(int64_t o) const { return last_tap(o) > first_tap(o) ? last_tap(o) - first_tap(o) : 0; }
  // The windows that cover element `i`.
  int64_t first_window(int64_t i) const { return i + low < size ? 0 : (i + low - size + stride) / stride; }
  int64_t last_window(int64_t i) const { return (i + low) / stride + 1 < out ? (i + low) / stride + 1 : out; }
};
struct PoolGeometry {
  int64_t batch, channels;
  PoolAxis a, b, c;
};

template <class T>
inline T total(T a, T b) { return op_add(a, b); }
inline bool total(bool a, bool b) { return a || b; }

template <class Stored>
inline typename RegisterOf<Stored>::Type value_of(Stored x) {
  return loaded<Stored, typename RegisterOf<Stored>::Type>(x);
}
template <class Stored, class T>
inline Stored stored_as(T x) {
  Stored out{};
  store<Stored>(reinterpret_cast<char*>(&out), 0, x);
  return out;
}

// Calls f(lanes) with how many channels a thread takes.
template <class Stored, class Index, class F>
inline void with_lanes(const PoolGeometry& g, uint64_t values, uint64_t indices, F f) {
  using T = typename RegisterOf<Stored>::Type;
  constexpr int lanes = same<T, float> || same<T, double> ? 16 / sizeof(Stored) : 1;
  if (lanes > 1 && g.channels % lanes == 0 && values % 16 == 0 && indices % (lanes * sizeof(Index)) == 0) f(Lanes<lanes>{});
  else f(Lanes<1>{});
}

// Calls f(batch, a, b, c, channel) for the places of one side.
template <int lanes, class F>
inline void for_each_place(const PoolGeometry& g, int64_t as, int64_t bs, int64_t cs, F f) {
  const int64_t width = g.channels / lanes, all = g.batch * as * bs * cs * width;
  for (int64_t i = int64_t(blockIdx.x) * blockDim.x + threadIdx.x; i < all; i += int64_t(gridDim.x) * blockDim.x) {
    int64_t n, a, b, c, channel;
    if (all <= 0x7fffffff) {  // 32-bit division is several times as fast
      const uint32_t p = uint32_t(i) / uint32_t(width), q = p / uint32_t(cs), r = q / uint32_t(bs);
      n = r / uint32_t(as), a = r % uint32_t(as), b = q % uint32_t(bs), c = p % uint32_t(cs), channel = uint32_t(i) % uint32_t(width);
    } else {
      const int64_t p = i / width, q = p / cs, r = q / bs;
      n = r / as, a = r % as, b = q % bs, c = p % cs, channel = i % width;
    }
    f(n, a, b, c, channel * lanes);
  }
}
inline int64_t input_at(const PoolGeometry& g, int64_t n, int64_t a, int64_t b, int64_t c, int64_t channel) {
  return (((n * g.a.in + a) * g.b.in + b) * g.c.in + c) * g.channels + channel;
}
inline int64_t output_at(const PoolGeometry& g, int64_t n, int64_t a, int64_t b, int64_t c, int64_t channel) {
  return (((n * g.a.out + a) * g.b.out + b) * g.c.out + c) * g.channels + channel;
}

// NaN wins, the first of equal ones.
template <class Stored, class Index>
inline void max_pool(const PoolGeometry& g, const char* x, char* y, char* index) {
  using T = typename RegisterOf<Stored>::Type;
  with_lanes<Stored, Index>(g, uint64_t(x) | uint64_t(y), uint64_t(index), [&]<int lanes>(Lanes<lanes>) {
    for_each_place<lanes>(g, g.a.out, g.b.out, g.c.out, [&](int64_t n, int64_t a, int64_t b, int64_t c, int64_t channel) {
      T best[lanes] = {};
      Pack<Stored, lanes> out{};
      Pack<Index, lanes> at{};
      bool is_first = true;
      for (int64_t i = g.a.first_tap(a); i < g.a.last_tap(a); ++i)
        for (int64_t j = g.b.first_tap(b); j < g.b.last_tap(b); ++j)
          for (int64_t k = g.c.first_tap(c); k < g.c.last_tap(c); ++k) {
            const auto values = pack<Stored, lanes>(
                x, input_at(g, n, g.a.position(a) + i, g.b.position(b) + j, g.c.position(c) + k, channel));
            for (int l = 0; l < lanes; ++l) {
              const T value = value_of(values.at[l]);
              if (!is_first && !(value > best[l]) && !(value != value && best[l] == best[l])) continue;
              best[l] = value;
              out.at[l] = values.at[l];
              at.at[l] = Index((i * g.b.size + j) * g.c.size + k);
            }
            is_first = false;
          }
      const int64_t place = output_at(g, n, a, b, c, channel);
      put(y, place, out);
      put(index, place, at);
    });
  });
}

// Each element's sum over the windows that took it.
template <class Stored, class Index>
inline void max_pool_gradient(const PoolGeometry& g, const char* grad, const char* index, char* x_grad) {
  using T = typename RegisterOf<Stored>::Type;
  with_lanes<Stored, Index>(g, uint64_t(grad) | uint64_t(x_grad), uint64_t(index), [&]<int lanes>(Lanes<lanes>) {
    for_each_place<lanes>(g, g.a.in, g.b.in, g.c.in, [&](int64_t n, int64_t a, int64_t b, int64_t c, int64_t channel) {
      T sums[lanes] = {};
      for (int64_t i = g.a.first_window(a); i < g.a.last_window(a); ++i)
        for (int64_t j = g.b.first_window(b); j < g.b.last_window(b); ++j)
          for (int64_t k = g.c.first_window(c); k < g.c.last_window(c); ++k) {
            const int64_t place = output_at(g, n, i, j, k, channel);
            const int64_t tap = ((a - g.a.position(i)) * g.b.size + b - g.b.position(j)) * g.c.size + c - g.c.position(k);
            const auto values = pack<Stored, lanes>(grad, place);
            const auto taken = pack<Index, lanes>(index, place);
            for (int l = 0; l < lanes; ++l)
              if (int64_t(taken.at[l]) == tap) sums[l] = total(sums[l], value_of(values.at[l]));
          }
      Pack<Stored, lanes> out;
      for (int l = 0; l < lanes; ++l) out.at[l] = stored_as<Stored>(sums[l]);
      put(x_grad, input_at(g, n, a, b, c, channel), out);
    });
  });
}

template <class Stored, class Index>
inline void max_pool_pick(const PoolGeometry& g, const char* x, const char* index, char* y) {
  for_each_place<1>(g, g.a.out, g.b.out, g.c.out, [&](int64_t n, int64_t a, int64_t b, int64_t c, int64_t channel) {
    const int64_t place = output_at(g, n, a, b, c, channel), tap = pack<Index, 1>(index, place).at[0];
    const int64_t i = tap / (g.b.size * g.c.size), j = tap / g.c.size % g.b.size, k = tap % g.c.size;
    const bool is_inside = i >= g.a.first_tap(a) && i < g.a.last_tap(a) && j >= g.b.first_tap(b) && j < g.b.last_tap(b) &&
                           k >= g.c.first_tap(c) && k < g.c.last_tap(c);
    Pack<Stored, 1> out{};
    if (is_inside) out = pack<Stored, 1>(x, input_at(g, n, g.a.position(a) + i, g.b.position(b) + j, g.c.position(c) + k, channel));
    put(y, place, out);
  });
}

// By the elements that are really there.
template <class Stored>
inline void average_pool(const PoolGeometry& g, const char* x, char* y) {
  using T = typename RegisterOf<Stored>::Type;
  with_lanes<Stored, Stored>(g, uint64_t(x) | uint64_t(y), 0, [&]<int lanes>(Lanes<lanes>) {
    for_each_place<lanes>(g, g.a.out, g.b.out, g.c.out, [&](int64_t n, int64_t a, int64_t b, int64_t c, int64_t channel) {
      T sums[lanes] = {};
      for (int64_t i = g.a.first_tap(a); i < g.a.last_tap(a); ++i)
        for (int64_t j = g.b.first_tap(b); j < g.b.last_tap(b); ++j)
          for (int64_t k = g.c.first_tap(c); k < g.c.last_tap(c); ++k) {
            const auto values = pack<Stored, lanes>(
                x, input_at(g, n, g.a.position(a) + i, g.b.position(b) + j, g.c.position(c) + k, channel));
            for (int l = 0; l < lanes; ++l) sums[l] += value_of(values.at[l]);
          }
      const int64_t inside = g.a.inside(a) * g.b.inside(b) * g.c.inside(c);
      Pack<Stored, lanes> out;
      for (int l = 0; l < lanes; ++l) out.at[l] = stored_as<Stored>(inside == 0 ? T(0) : sums[l] / T(inside));
      put(y, output_at(g, n, a, b, c, channel), out);
    });
  });
}

template <class Stored>
inline void average_pool_gradient(const PoolGeometry& g, const char* grad, char* x_grad) {
  using T = typename RegisterOf<Stored>::Type;
  with_lanes<Stored, Stored>(g, uint64_t(grad) | uint64_t(x_grad), 0, [&]<int lanes>(Lanes<lanes>) {
    for_each_place<lanes>(g, g.a.in, g.b.in, g.c.in, [&](int64_t n, int64_t a, int64_t b, int64_t c, int64_t channel) {
      T sums[lanes] = {};
      for (int64_t i = g.a.first_window(a); i < g.a.last_window(a); ++i)
        for (int64_t j = g.b.first_window(b); j < g.b.last_window(b); ++j)
          for (int64_t k = g.c.first_window(c); k < g.c.last_window(c); ++k) {
            const auto values = pack<Stored, lanes>(grad, output_at(g, n, i, j, k, channel));
            const T inside = g.a.inside(i) * g.b.inside(j) * g.c.inside(k);
            for (int l = 0; l < lanes; ++l) sums[l] += value_of(values.at[l]) / inside;
          }
      Pack<Stored, lanes> out;
      for (int l = 0; l < lanes; ++l) out.at[l] = stored_as<Stored>(sums[l]);
      put(x_grad, input_at(g, n, a, b, c, channel), out);
    });
  });
}

}  // namespace cornu::kernel
)cuda";

ir::Lowered lower(const ir::Offer& offer, int, const ir::LoweringContext& context) {
  const ir::Node& node = offer.anchor;
  const auto& p = node.attributes<PoolAttributes>();
  const Shape &a = node.operand(0).shape(), &b = node.specs()[0].shape;
  const bool to_input = &node.op() == &max_pool_gradient_op || &node.op() == &average_pool_gradient_op;
  const PoolGeometry g = to_input ? geometry_of(p, b, a) : geometry_of(p, a, b);
  const std::string_view op = node.op().name;
  ir::Lowered out{nullptr, {node.operands().begin(), node.operands().end()}, ir::outputs_of(const_cast<ir::Node&>(node))};

  // The values' type, and the indices' where the op has them: its last output or its last operand.
  const DType dtype = node.specs()[0].dtype;
  const DType index = node.specs().size() > 1 ? node.specs()[1].dtype : node.operands().back().dtype();
  const bool has_index = node.specs().size() + node.operands().size() > 2;
  const std::string types =
      has_index ? fmt::format("{}, {}", codegen::cuda_type(dtype), codegen::cuda_type(index)) : codegen::cuda_type(dtype);
  const std::string name =
      has_index ? fmt::format("{}_{}_{}", op, dtype.name(), index.name()) : fmt::format("{}_{}", op, dtype.name());

  std::vector<Argument> arguments;
  std::string parameters, pointers;
  const std::size_t inputs = out.inputs.size(), memories = inputs + out.outputs.size();
  for (std::size_t i = 0; i < memories; ++i) {
    arguments.push_back(Argument::operand(static_cast<int>(i)));
    parameters += fmt::format("{}{}char* p{}", i ? ", " : "", i < inputs ? "const " : "", i);
    pointers += fmt::format(", p{}", i);
  }
  for (const int64_t n : {g.batch, g.channels}) arguments.push_back(Argument::number(n));
  for (int axis = 0; axis < PoolGeometry::kAxes; ++axis)
    for (const int64_t n : {g.in[axis], g.out[axis], g.window[axis].size, g.window[axis].stride, g.window[axis].low})
      arguments.push_back(Argument::number(n));
  constexpr std::size_t kNumbers = 2 + 5 * PoolGeometry::kAxes;
  std::string text = fmt::format(
      R"cuda(
extern "C" __global__ void __launch_bounds__(256) {}({}{}) {{
  using namespace cornu::kernel;
  {}<{}>({{{}}}{});
}}
)cuda",
      name, parameters, cuda::parameter_list("n", kNumbers), op, types, cuda::name_list("n", kNumbers), pointers);
  const int64_t lanes = dtype.is_floating() ? 16 / dtype.size() : 1;
  std::vector<cuda::TextLaunch> launches;
  launches.push_back(
      {{name, {kLibrary}, std::move(text)}, cuda::grid_for(b.elements() / lanes, context.target), std::move(arguments)});
  out.kernel = std::make_unique<cuda::TextKernel>(fmt::format("{} [cuda]", op), std::move(launches));
  return out;
}

const ir::Lowering kTable[] = {{"places", TargetKind::cuda, ir::any_offer, lower}};

}  // namespace

std::span<const ir::Lowering> max_pool_cuda_lowerings() { return kTable; }
std::span<const ir::Lowering> max_pool_gradient_cuda_lowerings() { return kTable; }
std::span<const ir::Lowering> max_pool_pick_cuda_lowerings() { return kTable; }
std::span<const ir::Lowering> average_pool_cuda_lowerings() { return kTable; }
std::span<const ir::Lowering> average_pool_gradient_cuda_lowerings() { return kTable; }

}  // namespace cornu::ops
