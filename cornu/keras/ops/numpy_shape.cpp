#include "cornu/keras/ops/function_record.h"
#include "cornu/keras/ops/numpy.h"
#include "cornu/keras/ops/promote.h"
#include "cornu/ops/tile/tile.h"
#include "cornu/ops/view/view.h"

namespace cornu::keras::ops {
namespace {

struct ReshapeArgs {
  std::vector<int64_t> newshape;
};
Value reshape_body(const ReshapeArgs& args, const Tensor& x) { return low::reshape(x.value(), Shape(args.newshape)); }
constinit const OpFunction reshape_function{"reshape", "Reshape", kNumpyModule, reshape_body};

struct TransposeArgs {
  std::optional<std::vector<int>> axes;
};
Value transpose_body(const TransposeArgs& args, const Tensor& x) {
  return args.axes ? low::transpose(x.value(), *args.axes) : low::transpose(x.value());
}
constinit const OpFunction transpose_function{"transpose", "Transpose", kNumpyModule, transpose_body};

struct SwapaxesArgs {
  int axis1 = 0, axis2 = 0;
};
Value swapaxes_body(const SwapaxesArgs& args, const Tensor& x) { return low::swapaxes(x.value(), args.axis1, args.axis2); }
constinit const OpFunction swapaxes_function{"swapaxes", "Swapaxes", kNumpyModule, swapaxes_body};

struct MoveaxisArgs {
  IntOrList source, destination;
};
Value moveaxis_body(const MoveaxisArgs& args, const Tensor& x) {
  const int rank = x.rank();
  if (args.source.values().size() != args.destination.values().size())
    throw error<ValueError>("`moveaxis` needs as many axes in `source` as in `destination`. Received: source={}, destination={}",
                            to_string(args.source), to_string(args.destination));
  std::vector<int> order(rank, -1), rest;
  for (int axis = 0; axis < rank; ++axis) rest.push_back(axis);
  for (std::size_t i = 0; i < args.source.values().size(); ++i) {
    const int from = normalize_axis(int(args.source.values()[i]), rank, "moveaxis");
    order[normalize_axis(int(args.destination.values()[i]), rank, "moveaxis")] = from;
    std::erase(rest, from);
  }
  std::size_t next = 0;
  for (int& axis : order)
    if (axis < 0) axis = rest.at(next++);
  return low::transpose(x.value(), order);
}
constinit const OpFunction moveaxis_function{"moveaxis", "Moveaxis", kNumpyModule, moveaxis_body};

struct AxisArgs {
  IntOrList axis;
};
Value expand_dims_body(const AxisArgs& args, const Tensor& x) {
  const int rank = x.rank() + static_cast<int>(args.axis.values().size());
  const std::vector<int> added = normalize_axes(args.axis.as_ints(), rank, "expand_dims", false);
  Shape shape;
  int next = 0;
  for (int axis = 0; axis < rank; ++axis)
    shape.push_back(std::binary_search(added.begin(), added.end(), axis) ? 1 : x.shape()[next++]);
  return low::reshape(x.value(), shape);
}
constinit const OpFunction expand_dims_function{"expand_dims", "ExpandDims", kNumpyModule, expand_dims_body};

Value squeeze_body(const AxisArgs& args, const Tensor& x) { return low::squeeze(x.value(), args.axis.as_ints()); }
constinit const OpFunction squeeze_function{"squeeze", "Squeeze", kNumpyModule, squeeze_body};

Value ravel_body(const NoArgs&, const Tensor& x) { return low::reshape(x.value(), {-1}); }
constinit const OpFunction ravel_function{"ravel", "Ravel", kNumpyModule, ravel_body};

struct BroadcastToArgs {
  Shape shape;
};
Value broadcast_to_body(const BroadcastToArgs& args, const Tensor& x) { return low::broadcast_to(x.value(), args.shape); }
constinit const OpFunction broadcast_to_function{"broadcast_to", "BroadcastTo", kNumpyModule, broadcast_to_body};

Value flip_body(const AxisArgs& args, const Tensor& x) { return low::flip(x.value(), axes_of(args.axis, x)); }
constinit const OpFunction flip_function{"flip", "Flip", kNumpyModule, flip_body};

struct Rot90Args {
  int k = 1;
  std::vector<int> axes = {0, 1};
};
Value rot90_body(const Rot90Args& args, const Tensor& array) {
  if (array.rank() < 2)
    throw error<ValueError>("`rot90` needs at least 2 dimensions. Received: array.shape={}", to_string(array.shape()));
  if (args.axes.size() != 2 || args.axes[0] == args.axes[1])
    throw error<ValueError>("`axes` of `rot90` must be two different axes. Received: axes=({})", fmt::join(args.axes, ", "));
  const Value x = array.value();
  const int a = args.axes[0], b = args.axes[1];
  switch ((args.k % 4 + 4) % 4) {
    case 1: return low::swapaxes(low::flip(x, {b}), a, b);
    case 2: return low::flip(x, {a, b});
    case 3: return low::flip(low::swapaxes(x, a, b), {b});
    default: return x;
  }
}
constinit const OpFunction rot90_function{"rot90", "Rot90", kNumpyModule, rot90_body};

struct TileArgs {
  IntOrList repeats;
};
Value tile_body(const TileArgs& args, const Tensor& x) { return low::tile(x.value(), args.repeats.values()); }
constinit const OpFunction tile_function{"tile", "Tile", kNumpyModule, tile_body};

struct RepeatArgs {
  IntOrList repeats;
  std::optional<int> axis;
};
Value repeat_body(const RepeatArgs& args, const Tensor& x) {
  return low::repeat(args.axis ? x.value() : low::reshape(x.value(), {-1}), args.repeats.values(), args.axis.value_or(0));
}
constinit const OpFunction repeat_function{"repeat", "Repeat", kNumpyModule, repeat_body};

struct RollArgs {
  IntOrList shift, axis;
};
Value roll_body(const RollArgs& args, const Tensor& x) {
  if (args.axis.is_none()) {
    Value flat = low::reshape(x.value(), {-1});
    for (int64_t shift : args.shift.values()) flat = low::roll(flat, shift, 0);
    return low::reshape_like(flat, x.value());
  }
  const auto shifts = args.shift.repeated(int(std::max(args.shift.values().size(), args.axis.values().size())), "shift");
  const auto axes = args.axis.repeated(int(shifts.size()), "axis");
  Value out = x.value();
  for (std::size_t i = 0; i < shifts.size(); ++i) out = low::roll(out, shifts[i], int(axes[i]));
  return out;
}
constinit const OpFunction roll_function{"roll", "Roll", kNumpyModule, roll_body};

struct DiffArgs {
  int n = 1, axis = -1;
};
Value diff_body(const DiffArgs& args, const Tensor& a) {
  Value x = a.value();
  for (int i = 0; i < args.n; ++i) {
    const Value later = low::slice_axis(x, args.axis, 1, low::kSliceEnd), earlier = low::slice_axis(x, args.axis, 0, -1);
    x = x.dtype() == bool_ ? low::logical_xor(later, earlier) : later - earlier;
  }
  return x;
}
constinit const OpFunction diff_function{"diff", "Diff", kNumpyModule, diff_body};

struct GetItemArgs {
  std::vector<Index> key;
};
// The key with its ellipsis written out, so that each axis has its index.
std::vector<Index> full_key(const std::vector<Index>& key, const Tensor& x) {
  const auto is_ellipsis = [](const Index& i) { return i.kind == Index::Kind::ellipsis; };
  const auto axes =
      std::count_if(key.begin(), key.end(), [&](const Index& i) { return !is_ellipsis(i) && i.kind != Index::Kind::new_axis; });
  if (axes > x.rank() || std::count_if(key.begin(), key.end(), is_ellipsis) > 1)
    throw error<IndexError>("{} indices for a tensor of shape {}; at most one of them may be an ellipsis.", axes,
                            to_string(x.shape()));
  std::vector<Index> out = key;
  auto at = std::find_if(out.begin(), out.end(), is_ellipsis);
  if (at != out.end()) at = out.erase(at);
  out.insert(at, x.rank() - axes, Index::slice());
  return out;
}
Value get_item_body(const GetItemArgs& args, const Tensor& x) {
  std::vector<int64_t> starts, stops, steps;
  std::vector<int> kept;  // for each axis of the result: the operand's, or -1 for a new one
  for (const Index& index : full_key(args.key, x)) {
    if (index.kind == Index::Kind::new_axis) {
      kept.push_back(-1);
      continue;
    }
    const int axis = static_cast<int>(starts.size());
    const int64_t dim = x.shape()[axis], at = index.start.value_or(low::kSliceEnd);
    if (index.kind == Index::Kind::slice) {
      kept.push_back(axis);
      stops.push_back(index.stop.value_or(low::kSliceEnd));
    } else {
      if (dim != Shape::kUnknown && (at < -dim || at >= dim))
        throw error<IndexError>("Index {} is out of bounds for axis {} with size {}.", at, axis, dim);
      stops.push_back(at == -1 ? low::kSliceEnd : at + 1);
    }
    starts.push_back(at);
    steps.push_back(index.step.value_or(1));
    if (steps.back() == 0) throw ValueError("The step of a slice cannot be zero.");
  }
  const Value cut = low::slice(x.value(), starts, stops, steps);
  Shape shape;
  for (int axis : kept) shape.push_back(axis < 0 ? 1 : cut.shape()[axis]);
  return low::reshape(cut, shape);
}
constinit const OpFunction get_item_function{"get_item", "GetItem", kNumpyModule, get_item_body, CallField{"key"}};

constexpr const FunctionRecord* kNumpyShapeFunctions[] = {
    &reshape_function, &transpose_function, &swapaxes_function,     &moveaxis_function, &expand_dims_function,
    &squeeze_function, &ravel_function,     &broadcast_to_function, &flip_function,     &rot90_function,
    &tile_function,    &repeat_function,    &roll_function,         &diff_function,     &get_item_function,
};

}  // namespace

FunctionList numpy_shape_functions() { return kNumpyShapeFunctions; }

Tensor reshape(const Tensor& x, const Shape& newshape) { return reshape_function({newshape.dims()}, x); }
Tensor transpose(const Tensor& x, const std::optional<std::vector<int>>& axes) { return transpose_function({axes}, x); }
Tensor swapaxes(const Tensor& x, int axis1, int axis2) { return swapaxes_function({axis1, axis2}, x); }
Tensor moveaxis(const Tensor& x, const IntOrList& source, const IntOrList& destination) {
  return moveaxis_function({source, destination}, x);
}
Tensor expand_dims(const Tensor& x, const IntOrList& axis) { return expand_dims_function({axis}, x); }
Tensor squeeze(const Tensor& x, const IntOrList& axis) { return squeeze_function({axis}, x); }
Tensor ravel(const Tensor& x) { return ravel_function({}, x); }
Tensor broadcast_to(const Tensor& x, const Shape& shape) { return broadcast_to_function({shape}, x); }
Tensor flip(const Tensor& x, const IntOrList& axis) { return flip_function({axis}, x); }
Tensor rot90(const Tensor& array, int k, const std::vector<int>& axes) { return rot90_function({k, axes}, array); }
Tensor tile(const Tensor& x, const IntOrList& repeats) { return tile_function({repeats}, x); }
Tensor repeat(const Tensor& x, const IntOrList& repeats, std::optional<int> axis) { return repeat_function({repeats, axis}, x); }
Tensor roll(const Tensor& x, const IntOrList& shift, const IntOrList& axis) { return roll_function({shift, axis}, x); }
Tensor diff(const Tensor& a, int n, int axis) { return diff_function({n, axis}, a); }
Tensor get_item(const Tensor& x, const std::vector<Index>& key) { return get_item_function({key}, x); }

int ndim(const Tensor& x) { return x.rank(); }
int64_t size(const Tensor& x) { return x.size(); }

}  // namespace cornu::keras::ops

namespace cornu {

Tensor Tensor::operator[](int64_t index) const { return keras::ops::get_item(*this, {keras::ops::Index(index)}); }

}  // namespace cornu
