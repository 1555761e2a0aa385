#include <algorithm>

#include "cornu/ops/pad/pad.h"
#include "cornu/ops/view/view_row.h"

namespace cornu::ops {
namespace {

// One axis with known bounds: `count` elements from `start` on.
struct Range {
  int64_t start, count, stride;
};

Range range_of(int64_t start, int64_t stop, int64_t stride, int64_t dim) {
  const int64_t low = stride > 0 ? 0 : -1, high = stride > 0 ? dim : dim - 1;
  auto bound = [&](int64_t at, int64_t omitted) {
    if (at == kSliceEnd) return omitted;
    return std::clamp(at < 0 ? at + dim : at, low, high);
  };
  const int64_t first = bound(start, stride > 0 ? low : high), last = bound(stop, stride > 0 ? high : low);
  const int64_t span = stride > 0 ? last - first : first - last, step = std::abs(stride);
  const int64_t count = span > 0 ? (span + step - 1) / step : 0;
  return {count > 0 ? first : 0, count, stride};
}

Range range_of(const SliceAttributes& a, int axis, const Shape& shape) {
  return range_of(a.starts[axis], a.stops[axis], a.strides[axis], shape[axis]);
}

bool is_whole(const SliceAttributes& a, int axis) {
  return (a.starts[axis] == 0 || a.starts[axis] == kSliceEnd) && a.stops[axis] == kSliceEnd && a.strides[axis] == 1;
}

std::vector<ir::Spec> infer(const SliceAttributes& a, std::span<const ir::Spec> in) {
  Shape out = in[0].shape;
  for (int axis = 0; axis < out.rank(); ++axis)
    if (out[axis] != Shape::kUnknown) out[axis] = range_of(a, axis, in[0].shape).count;
  return {{in[0].dtype, out}};
}

// The gradient goes back to where the elements came from, zeros stand between.
std::vector<Value> vjp(const SliceAttributes& a, const ir::VjpArgs& v) {
  const Shape& shape = v.operand(0).shape();
  std::vector<int> backwards;
  std::vector<int64_t> low, high, interior;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    const int64_t gap = std::abs(a.strides[axis]) - 1;
    interior.push_back(gap);
    if (a.strides[axis] < 0) backwards.push_back(axis);
    if (shape[axis] == Shape::kUnknown) {  // only the rank matters where a dim is unknown
      low.push_back(0);
      high.push_back(0);
      continue;
    }
    const Range r = range_of(a, axis, shape);
    const int64_t first = r.stride > 0 ? r.start : r.start + (r.count - 1) * r.stride;
    const int64_t covered = r.count > 0 ? (r.count - 1) * (gap + 1) + 1 : 0;
    low.push_back(r.count > 0 ? first : 0);
    high.push_back(shape[axis] - low.back() - covered);
  }
  return {pad(flip(v.grad(), backwards), low, high, interior)};
}

std::optional<ir::StridedView> view(const SliceAttributes& a, const ir::Spec& operand, const ir::Spec&,
                                    const ir::StridedView& base) {
  ir::StridedView out = base;
  for (int axis = 0; axis < operand.shape.rank(); ++axis) {
    const Range r = range_of(a, axis, operand.shape);
    out.offset += r.start * base.strides[axis];
    out.strides[axis] = r.stride * base.strides[axis];
  }
  return out;
}

}  // namespace

const OpDef slice_op = ir::define_op(ir::OpSpec<SliceAttributes>{
    .name = "slice", .infer = infer, .vjp = vjp, .view = view, .reference = view_reference<view, SliceAttributes>});

Value slice(const Value& x, std::vector<int64_t> starts, std::vector<int64_t> stops, std::vector<int64_t> strides) {
  const Shape& shape = x.shape();
  const std::size_t rank = shape.rank();
  if (strides.empty()) strides.assign(rank, 1);
  if (starts.size() != rank || stops.size() != rank || strides.size() != rank)
    throw error<ValueError>(
        "`slice` wants a start and a stop for each of the {} axes of the input. Received: {} starts, {} stops, {} "
        "strides",
        rank, starts.size(), stops.size(), strides.size());
  SliceAttributes a{std::move(starts), std::move(stops), std::move(strides)};
  bool whole = true;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    if (a.strides[axis] == 0)
      throw error<ValueError>("A stride of `slice` must not be zero. Received: strides=({})", fmt::join(a.strides, ", "));
    if (shape[axis] != Shape::kUnknown) {  // one spelling for equal slices
      const Range r = range_of(a, axis, shape);
      const int64_t stop = r.start + r.count * r.stride;
      a.starts[axis] = r.start;
      a.stops[axis] = stop < 0 || (r.stride > 0 && stop >= shape[axis]) ? kSliceEnd : stop;
      if (r.count == 0) a.stops[axis] = 0;
      if (r.count <= 1) a.strides[axis] = 1;
      if (r.count == 1) a.stops[axis] = r.start + 1 < shape[axis] ? r.start + 1 : kSliceEnd;
    }
    whole &= is_whole(a, axis);
  }
  return whole ? x : ir::apply(slice_op, std::move(a), {x});
}

Value slice_axis(const Value& x, int axis, int64_t start, int64_t stop, int64_t stride) {
  const int rank = x.shape().rank(), at = normalize_axis(axis, rank, "slice");
  std::vector<int64_t> starts(rank, 0), stops(rank, kSliceEnd), strides(rank, 1);
  starts[at] = start;
  stops[at] = stop;
  strides[at] = stride;
  return slice(x, starts, stops, strides);
}

Value flip(const Value& x, const std::vector<int>& axes) {
  const int rank = x.shape().rank();
  std::vector<int64_t> starts(rank, 0), stops(rank, kSliceEnd), strides(rank, 1);
  for (int axis : normalize_axes(axes, rank, "flip", false)) {
    starts[axis] = kSliceEnd;
    strides[axis] = -1;
  }
  return slice(x, starts, stops, strides);
}

}  // namespace cornu::ops
