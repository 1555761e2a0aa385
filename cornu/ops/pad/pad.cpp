#include "cornu/ops/pad/pad.h"

#include <algorithm>
#include <cstring>

#include "cornu/ir/lowering.h"
#include "cornu/ir/view.h"
#include "cornu/ops/reference.h"
#include "cornu/ops/view/view.h"

namespace cornu::ops {
namespace {

int64_t padded(const PadAttributes& a, int axis, int64_t dim) {
  return dim + std::max<int64_t>(dim - 1, 0) * a.interior[axis] + a.low[axis] + a.high[axis];
}

std::vector<ir::Spec> infer(const PadAttributes& a, std::span<const ir::Spec> in) {
  Shape out = in[0].shape;
  CORNU_CHECK(int(a.low.size()) == out.rank());
  for (int axis = 0; axis < out.rank(); ++axis) {
    if (out[axis] == Shape::kUnknown) continue;
    out[axis] = padded(a, axis, out[axis]);
    if (out[axis] < 0)
      throw error<ValueError>("`pad` would cut more than there is: axis {} of shape {} with pad_width=({}, {})", axis,
                              to_string(in[0].shape), a.low[axis], a.high[axis]);
  }
  return {{in[0].dtype, out}};
}

// What was cut comes back as zeros; what was put in is left out.
std::vector<Value> vjp(const PadAttributes& a, const ir::VjpArgs& v) {
  const Shape& shape = v.operand(0).shape();
  const int rank = shape.rank();
  std::vector<int64_t> low(rank), high(rank), starts(rank), stops(rank), strides(rank);
  for (int axis = 0; axis < rank; ++axis) {
    low[axis] = std::max<int64_t>(-a.low[axis], 0);
    high[axis] = std::max<int64_t>(-a.high[axis], 0);
    starts[axis] = std::max<int64_t>(a.low[axis], 0);
    strides[axis] = a.interior[axis] + 1;
    stops[axis] = shape[axis] == Shape::kUnknown ? kSliceEnd
                  : shape[axis] == 0             ? starts[axis]
                                                 : starts[axis] + (shape[axis] - 1) * strides[axis] + 1;
  }
  return {slice(pad(v.grad(), low, high), starts, stops, strides)};
}

void reference(const PadAttributes& a, std::span<const ir::HostOperand> in, std::span<const ir::HostOperand> out) {
  dispatch(out[0].spec.dtype, [&]<class T>(T) {
    std::fill_n(out[0].as<T>(), out[0].elements(), static_cast<T>(a.value));
    const auto strides = ir::dense_strides(out[0].spec.shape);
    const T* from = in[0].as<T>();
    for_each_index(in[0].spec.shape, [&](const std::vector<int64_t>& index) {
      int64_t offset = 0;
      bool inside = true;
      for (std::size_t axis = 0; axis < index.size(); ++axis) {
        const int64_t at = a.low[axis] + index[axis] * (a.interior[axis] + 1);
        inside &= at >= 0 && at < out[0].spec.shape[int(axis)];
        offset += at * strides[axis];
      }
      if (inside) out[0].as<T>()[offset] = *from;
      ++from;
    });
  });
}

}  // namespace

const OpDef pad_op = ir::define_op(ir::OpSpec<PadAttributes>{.name = "pad",
                                                             .infer = infer,
                                                             .vjp = vjp,
                                                             .reference = reference,
                                                             .lowerings = ir::joined<pad_cpu_lowerings, pad_cuda_lowerings>});

Value pad(const Value& x, std::vector<int64_t> low, std::vector<int64_t> high, std::vector<int64_t> interior, double value) {
  const std::size_t rank = x.shape().rank();
  if (interior.empty()) interior.assign(rank, 0);
  if (low.size() != rank || high.size() != rank || interior.size() != rank)
    throw error<ValueError>("`pad_width` of `pad` wants one pair for each of the {} axes of the input. Received: {} and {}", rank,
                            low.size(), high.size());
  auto is_zero = [](int64_t n) { return n == 0; };
  if (std::all_of(low.begin(), low.end(), is_zero) && std::all_of(high.begin(), high.end(), is_zero) &&
      std::all_of(interior.begin(), interior.end(), is_zero))
    return x;
  return ir::apply(pad_op, PadAttributes{std::move(low), std::move(high), std::move(interior), value}, {x});
}

}  // namespace cornu::ops
