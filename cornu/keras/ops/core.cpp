#include "cornu/keras/ops/core.h"

#include <algorithm>

#include "cornu/keras/ops/function_record.h"
#include "cornu/keras/ops/promote.h"
#include "cornu/ops/pad/pad.h"
#include "cornu/ops/scatter/scatter.h"
#include "cornu/ops/view/view.h"

namespace cornu::keras::ops {
namespace {

struct CastArgs {
  DType dtype;
};
Value cast_body(const CastArgs& args, const Tensor& x) { return as_dtype(x, args.dtype); }
constinit const OpFunction cast_function{"cast", "Cast", kCoreModule, cast_body};

struct IntegerBounds {
  int64_t low;
  uint64_t high;
};
IntegerBounds bounds_of(DType dtype) {
  const int bits = dtype.size() * 8;
  if (dtype.kind() == DTypeKind::signed_integer) return {-(int64_t{1} << (bits - 2)) * 2, (uint64_t{1} << (bits - 1)) - 1};
  return {0, ~uint64_t{0} >> (64 - bits)};
}
Value saturate_cast_body(const CastArgs& args, const Tensor& x) {
  Value value = x.value();
  if (args.dtype.is_integer() && x.dtype() != bool_) {
    IntegerBounds bounds = bounds_of(args.dtype);
    if (x.dtype().is_integer()) {
      const IntegerBounds own = bounds_of(x.dtype());
      bounds = {std::max(bounds.low, own.low), std::min(bounds.high, own.high)};
    }
    const auto constant = [&](auto bound) {
      return x.dtype().is_integer() ? ir::integer_constant(static_cast<int64_t>(bound), x.dtype(), value.shape())
                                    : low::full_like(value, static_cast<double>(bound));
    };
    value = low::clip(value, constant(bounds.low), constant(bounds.high));
  }
  return low::cast(value, args.dtype);
}
constinit const OpFunction saturate_cast_function{"saturate_cast", "SaturateCast", kCoreModule, saturate_cast_body};

struct ConvertToTensorArgs {
  std::optional<DType> dtype;
  std::optional<bool> sparse, ragged;
};
Value convert_to_tensor_body(const ConvertToTensorArgs& args, const Tensor& x) {
  return as_dtype(x, args.dtype.value_or(x.dtype()));
}
constinit const OpFunction convert_to_tensor_function{"convert_to_tensor", "ConvertToTensor", kCoreModule,
                                                      convert_to_tensor_body};

Value stop_gradient_body(const NoArgs&, const Tensor& x) { return low::stop_gradient(x.value()); }
constinit const OpFunction stop_gradient_function{"stop_gradient", "StopGradient", kCoreModule, stop_gradient_body};

struct SliceArgs {
  std::vector<int64_t> shape, start_indices;
};
// As JAX does, a block that would stick out is moved inside.
std::vector<int64_t> starts_inside(const char* function, const Shape& whole, const std::vector<int64_t>& starts,
                                   const std::vector<int64_t>& block) {
  if (static_cast<int>(starts.size()) != whole.rank() || starts.size() != block.size())
    throw error<ValueError>("`{}` needs a start and an extent for each of the {} axes. Received: start_indices=({}), shape=({})",
                            function, whole.rank(), fmt::join(starts, ", "), fmt::join(block, ", "));
  std::vector<int64_t> out = starts;
  for (int axis = 0; axis < whole.rank(); ++axis) {
    if (whole[axis] == Shape::kUnknown) continue;
    if (block[axis] > whole[axis])
      throw error<ValueError>("`{}`: a block of {} does not fit into axis {} with size {}.", function, block[axis], axis,
                              whole[axis]);
    if (out[axis] < 0) out[axis] += whole[axis];
    out[axis] = std::clamp<int64_t>(out[axis], 0, whole[axis] - block[axis]);
  }
  return out;
}
Value slice_body(const SliceArgs& args, const Tensor& inputs) {
  const auto starts = starts_inside("slice", inputs.shape(), args.start_indices, args.shape);
  std::vector<int64_t> stops = starts;
  for (std::size_t axis = 0; axis < starts.size(); ++axis) stops[axis] += args.shape[axis];
  return low::slice(inputs.value(), starts, stops);
}
constinit const OpFunction slice_function{"slice", "Slice", kCoreModule, slice_body, CallField{"start_indices"}};

struct SliceUpdateArgs {
  std::vector<int64_t> start_indices;
};
Value slice_update_body(const SliceUpdateArgs& args, const Tensor& inputs, const Tensor& updates) {
  const auto starts = starts_inside("slice_update", inputs.shape(), args.start_indices, updates.shape().dims());
  if (!inputs.shape().is_known() || !updates.shape().is_known()) return inputs.value();  // only the spec matters
  std::vector<int64_t> behind;
  for (int axis = 0; axis < inputs.rank(); ++axis) behind.push_back(inputs.shape()[axis] - starts[axis] - updates.shape()[axis]);
  const Value update = as_dtype(updates, inputs.dtype()), inside = ir::constant(1, bool_, updates.shape());
  return low::select(low::pad(inside, starts, behind), low::pad(update, starts, behind), inputs.value());
}
constinit const OpFunction slice_update_function{"slice_update", "SliceUpdate", kCoreModule, slice_update_body,
                                                 CallField{"start_indices"}};

struct ScatterArgs {
  Shape shape;
};
Value scatter_body(const ScatterArgs& args, const Tensor& indices, const Tensor& values) {
  return low::scatter(indices.value(), values.value(), args.shape);
}
constinit const OpFunction scatter_function{"scatter", "Scatter", kCoreModule, scatter_body};

struct ScatterUpdateArgs {
  std::optional<std::string> reduction;
};
low::ScatterReduction reduction_of(const std::optional<std::string>& name) {
  if (!name) return low::ScatterReduction::set;
  if (*name == "add") return low::ScatterReduction::add;
  if (*name == "max") return low::ScatterReduction::max;
  if (*name == "min") return low::ScatterReduction::min;
  if (*name == "mul") return low::ScatterReduction::mul;
  throw error<ValueError>("Invalid reduction: {}. Supported values are: None, 'add', 'max', 'min', 'mul'.", *name);
}
Value scatter_update_body(const ScatterUpdateArgs& args, const Tensor& inputs, const Tensor& indices, const Tensor& updates) {
  const Value at = indices.value(), values = as_dtype(updates, inputs.dtype());
  return low::scatter_nd(inputs.value(), at, low::broadcast_to(values, low::gather_nd(inputs.value(), at).shape()),
                         reduction_of(args.reduction));
}
constinit const OpFunction scatter_update_function{"scatter_update", "ScatterUpdate", kCoreModule, scatter_update_body};

struct UnstackArgs {
  std::optional<int64_t> num;
  int axis = 0;
};
std::vector<Value> unstack_body(const UnstackArgs& args, const Tensor& x) {
  const int axis = normalize_axis(args.axis, x.rank(), "unstack");
  const int64_t extent = x.shape()[axis], count = args.num.value_or(extent);
  if (count < 0) throw ValueError("`unstack` along an axis of unknown extent needs `num`.");
  if (extent != Shape::kUnknown && count != extent)
    throw error<ValueError>("`num` of `unstack` must be the extent of the axis, {}. Received: num={}", extent, count);
  std::vector<Value> out;
  for (int64_t i = 0; i < count; ++i) out.push_back(low::squeeze(low::slice_axis(x.value(), axis, i, i + 1), {axis}));
  return out;
}
constinit const OpFunction unstack_function{"unstack", "Unstack", kCoreModule, unstack_body};

constinit const PlainFunction shape_function{"shape", kCoreModule};
constinit const PlainFunction dtype_function{"dtype", kCoreModule};

constexpr const FunctionRecord* kCoreFunctions[] = {
    &cast_function,         &saturate_cast_function, &convert_to_tensor_function, &stop_gradient_function, &slice_function,
    &slice_update_function, &scatter_function,       &scatter_update_function,    &unstack_function,       &shape_function,
    &dtype_function,
};

}  // namespace

FunctionList core_functions() { return kCoreFunctions; }

Tensor cast(const Tensor& x, DType dtype) { return cast_function({dtype}, x); }
Tensor saturate_cast(const Tensor& x, DType dtype) { return saturate_cast_function({dtype}, x); }
Tensor convert_to_tensor(const Tensor& x, std::optional<DType> dtype) { return convert_to_tensor_function({dtype, {}, {}}, x); }
Shape shape(const Tensor& x) { return x.shape(); }
DType dtype(const Tensor& x) { return x.dtype(); }
Tensor stop_gradient(const Tensor& variable) { return stop_gradient_function({}, variable); }
Tensor slice(const Tensor& inputs, const std::vector<int64_t>& start_indices, const Shape& shape) {
  return slice_function({shape.dims(), start_indices}, inputs);
}
Tensor slice_update(const Tensor& inputs, const std::vector<int64_t>& start_indices, const Tensor& updates) {
  return slice_update_function({start_indices}, inputs, updates);
}
Tensor scatter(const Tensor& indices, const Tensor& values, const Shape& shape) {
  return scatter_function({shape}, indices, values);
}
Tensor scatter_update(const Tensor& inputs, const Tensor& indices, const Tensor& updates,
                      const std::optional<std::string>& reduction) {
  return scatter_update_function({reduction}, inputs, indices, updates);
}
std::vector<Tensor> unstack(const Tensor& x, std::optional<int64_t> num, int axis) { return unstack_function({num, axis}, x); }

}  // namespace cornu::keras::ops
