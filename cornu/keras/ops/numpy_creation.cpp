#include <cmath>

#include "cornu/keras/dtype_policy.h"
#include "cornu/keras/ops/function_record.h"
#include "cornu/keras/ops/numpy.h"
#include "cornu/keras/ops/promote.h"
#include "cornu/ops/iota/iota.h"
#include "cornu/ops/view/view.h"

namespace cornu::keras::ops {
namespace {

DType or_floatx(std::optional<DType> dtype) { return dtype.value_or(config::floatx()); }

struct ZerosArgs {
  Shape shape;
  std::optional<DType> dtype;
};
Value zeros_body(const ZerosArgs& args) { return ir::constant(0, or_floatx(args.dtype), args.shape); }
Value ones_body(const ZerosArgs& args) { return ir::constant(1, or_floatx(args.dtype), args.shape); }
constinit const OpFunction zeros_function{"zeros", "", kNumpyModule, zeros_body};
constinit const OpFunction empty_function{"empty", "", kNumpyModule, zeros_body};
constinit const OpFunction ones_function{"ones", "", kNumpyModule, ones_body};

struct FullArgs {
  Shape shape;
  Tensor fill_value;
  std::optional<DType> dtype;
};
Value full_body(const FullArgs& args) { return low::broadcast_to(as_dtype(args.fill_value, or_floatx(args.dtype)), args.shape); }
constinit const OpFunction full_function{"full", "Full", kNumpyModule, full_body};

struct LikeArgs {
  std::optional<DType> dtype;
};
Value filled_like(const Tensor& x, double value, std::optional<DType> dtype) {
  return ir::constant(value, dtype.value_or(x.dtype()), x.shape());
}
Value zeros_like_body(const LikeArgs& args, const Tensor& x) { return filled_like(x, 0, args.dtype); }
Value ones_like_body(const LikeArgs& args, const Tensor& x) { return filled_like(x, 1, args.dtype); }
Value full_like_body(const LikeArgs& args, const Tensor& x, const Tensor& fill_value) {
  return low::broadcast_to(as_dtype(fill_value, args.dtype.value_or(x.dtype())), x.shape());
}
constinit const OpFunction zeros_like_function{"zeros_like", "ZerosLike", kNumpyModule, zeros_like_body};
constinit const OpFunction empty_like_function{"empty_like", "EmptyLike", kNumpyModule, zeros_like_body};
constinit const OpFunction ones_like_function{"ones_like", "OnesLike", kNumpyModule, ones_like_body};
constinit const OpFunction full_like_function{"full_like", "FullLike", kNumpyModule, full_like_body};

struct ArangeArgs {
  Tensor start = 0, stop, step = 1;  // without `stop` it is `start` that the range ends at
  std::optional<DType> dtype;
};
double number_of(const Tensor& t, double otherwise) {
  if (!t.exists()) return otherwise;
  return t.is_number() ? t.number() : t.item<double>();
}
Value arange_body(const ArangeArgs& args) {
  const Tensor &last = args.stop.exists() ? args.stop : args.start, step_tensor = args.step.exists() ? args.step : Tensor(1);
  const Tensor first = args.stop.exists() ? args.start : Tensor(0);
  const double start = number_of(first, 0), stop = number_of(last, 0), step = number_of(step_tensor, 1);
  if (step == 0) throw ValueError("`step` of `arange` cannot be zero.");
  const DType dtype = args.dtype.value_or(common_dtype({&first, &last, &step_tensor}));
  const int64_t count = std::max<int64_t>(0, static_cast<int64_t>(std::ceil((stop - start) / step)));
  const DType computed = dtype.is_floating() || start != std::floor(start) || step != std::floor(step) ? float64 : int64;
  const Value position = low::iota(computed, {count}, 0);
  return low::cast(position * step + start, dtype);
}
constinit const OpFunction arange_function{"arange", "Arange", kNumpyModule, arange_body};

struct LinspaceArgs {
  int num = 50;
  bool endpoint = true, retstep = false;
  std::optional<DType> dtype;
  int axis = 0;
};
// start (1 - t) + stop t for t from 0 to 1 along a new axis.
Value spaced(const LinspaceArgs& args, DType computed, const Tensor& start, const Tensor& stop) {
  if (args.num < 0) throw error<ValueError>("`num` must not be negative. Received: num={}", args.num);
  if (args.retstep) throw ValueError("`retstep` is not supported. Compute the step as (stop - start) / (num - 1).");
  const auto ends = low::broadcast_together("linspace", {as_dtype(start, computed), as_dtype(stop, computed)});
  Shape shape = ends[0].shape();
  const int axis = normalize_axis(args.axis, shape.rank() + 1, "linspace");
  std::vector<int64_t> dims = shape.dims(), line(shape.rank() + 1, 1);
  dims.insert(dims.begin() + axis, args.num);
  line[axis] = args.num;
  const Value first = low::expand_dims(ends[0], axis), last = low::expand_dims(ends[1], axis);
  const double steps = std::max(args.endpoint ? args.num - 1 : args.num, 1);
  const Value t = low::reshape(low::iota(computed, {args.num}, 0), Shape(line)) / steps;
  return low::broadcast_to(first * (1 - t) + last * t, Shape(dims));
}
// A number of an integer dtype is the floor.
Value in_dtype(const Value& x, DType dtype) { return low::cast(dtype.is_floating() ? x : low::floor(x), dtype); }
Value linspace_body(const LinspaceArgs& args, const Tensor& start, const Tensor& stop) {
  const DType common = common_dtype({&start, &stop}, kWeakFloat);
  return in_dtype(spaced(args, common, start, stop), args.dtype.value_or(common));
}
constinit const OpFunction linspace_function{"linspace", "Linspace", kNumpyModule, linspace_body};

struct LogspaceArgs {
  int num = 50;
  bool endpoint = true;
  double base = 10;
  std::optional<DType> dtype;
  int axis = 0;
};
Value logspace_body(const LogspaceArgs& args, const Tensor& start, const Tensor& stop) {
  const DType common = common_dtype({&start, &stop}, kWeakFloat);
  const Value exponent = spaced({args.num, args.endpoint, false, {}, args.axis}, common, start, stop);
  return in_dtype(low::pow(low::full_like(exponent, args.base), exponent), args.dtype.value_or(common));
}
constinit const OpFunction logspace_function{"logspace", "Logspace", kNumpyModule, logspace_body};

// Where column - row compares so with k, of the last two axes.
Value diagonal_mask(Value (*compare)(const Value&, const Value&), const Shape& shape, int k) {
  const int rank = shape.rank();
  if (rank < 2) throw error<ValueError>("A triangle needs at least 2 dimensions. Received: shape={}", to_string(shape));
  const Value distance = low::iota(int64, shape, rank - 1) - low::iota(int64, shape, rank - 2);
  return compare(distance, low::full_like(distance, k));
}

struct EyeArgs {
  int64_t N = 0;
  std::optional<int64_t> M;
  int k = 0;
  std::optional<DType> dtype;
};
Value eye_body(const EyeArgs& args) {
  return low::cast(diagonal_mask(low::equal, {args.N, args.M.value_or(args.N)}, args.k), or_floatx(args.dtype));
}
Value tri_body(const EyeArgs& args) {
  return low::cast(diagonal_mask(low::less_equal, {args.N, args.M.value_or(args.N)}, args.k), or_floatx(args.dtype));
}
constinit const OpFunction eye_function{"eye", "", kNumpyModule, eye_body};
constinit const OpFunction tri_function{"tri", "", kNumpyModule, tri_body};

struct IdentityArgs {
  int64_t n = 0;
  std::optional<DType> dtype;
};
Value identity_body(const IdentityArgs& args) { return eye_body({args.n, {}, 0, args.dtype}); }
constinit const OpFunction identity_function{"identity", "", kNumpyModule, identity_body};

struct TriangleArgs {
  int k = 0;
};
Value tril_body(const TriangleArgs& args, const Tensor& x) {
  return low::select(diagonal_mask(low::less_equal, x.shape(), args.k), x.value(), low::zeros_like(x.value()));
}
Value triu_body(const TriangleArgs& args, const Tensor& x) {
  return low::select(diagonal_mask(low::greater_equal, x.shape(), args.k), x.value(), low::zeros_like(x.value()));
}
constinit const OpFunction tril_function{"tril", "Tril", kNumpyModule, tril_body};
constinit const OpFunction triu_function{"triu", "Triu", kNumpyModule, triu_body};

struct MeshgridArgs {
  std::string indexing = "xy";
};
std::vector<Value> meshgrid_body(const MeshgridArgs& args, const Rest& x) {
  if (args.indexing != "xy" && args.indexing != "ij")
    throw error<ValueError>("`indexing` must be \"xy\" or \"ij\". Received: indexing=\"{}\"", args.indexing);
  const int rank = static_cast<int>(x.tensors.size());
  const auto axis_of = [&](int i) { return args.indexing == "xy" && rank > 1 && i < 2 ? 1 - i : i; };
  Shape shape(std::vector<int64_t>(rank, 1));
  for (int i = 0; i < rank; ++i) shape[axis_of(i)] = x.tensors[i].size();
  std::vector<Value> out;
  for (int i = 0; i < rank; ++i) {
    Shape line(std::vector<int64_t>(rank, 1));
    line[axis_of(i)] = -1;
    out.push_back(low::broadcast_to(low::reshape(x.tensors[i].value(), line), shape));
  }
  return out;
}
constinit const OpFunction meshgrid_function{"meshgrid", "Meshgrid", kNumpyModule, meshgrid_body};

constexpr const FunctionRecord* kNumpyCreationFunctions[] = {
    &zeros_function,     &empty_function,     &ones_function,   &full_function,     &zeros_like_function, &empty_like_function,
    &ones_like_function, &full_like_function, &arange_function, &linspace_function, &logspace_function,   &eye_function,
    &tri_function,       &identity_function,  &tril_function,   &triu_function,     &meshgrid_function,
};

}  // namespace

FunctionList numpy_creation_functions() { return kNumpyCreationFunctions; }

Tensor zeros(const Shape& shape, std::optional<DType> dtype) { return zeros_function({shape, dtype}); }
Tensor ones(const Shape& shape, std::optional<DType> dtype) { return ones_function({shape, dtype}); }
Tensor empty(const Shape& shape, std::optional<DType> dtype) { return empty_function({shape, dtype}); }
Tensor full(const Shape& shape, const Tensor& fill_value, std::optional<DType> dtype) {
  return full_function({shape, fill_value, dtype});
}
Tensor zeros_like(const Tensor& x, std::optional<DType> dtype) { return zeros_like_function({dtype}, x); }
Tensor ones_like(const Tensor& x, std::optional<DType> dtype) { return ones_like_function({dtype}, x); }
Tensor empty_like(const Tensor& x, std::optional<DType> dtype) { return empty_like_function({dtype}, x); }
Tensor full_like(const Tensor& x, const Tensor& fill_value, std::optional<DType> dtype) {
  return full_like_function({dtype}, x, fill_value);
}
Tensor arange(const Tensor& stop, std::optional<DType> dtype) { return arange_function({0, stop, 1, dtype}); }
Tensor arange(const Tensor& start, const Tensor& stop, const Tensor& step, std::optional<DType> dtype) {
  return arange_function({start, stop, step, dtype});
}
Tensor linspace(const Tensor& start, const Tensor& stop, int num, bool endpoint, std::optional<DType> dtype, int axis) {
  return linspace_function({num, endpoint, false, dtype, axis}, start, stop);
}
Tensor logspace(const Tensor& start, const Tensor& stop, int num, bool endpoint, double base, std::optional<DType> dtype,
                int axis) {
  return logspace_function({num, endpoint, base, dtype, axis}, start, stop);
}
Tensor eye(int64_t N, std::optional<int64_t> M, int k, std::optional<DType> dtype) { return eye_function({N, M, k, dtype}); }
Tensor tri(int64_t N, std::optional<int64_t> M, int k, std::optional<DType> dtype) { return tri_function({N, M, k, dtype}); }
Tensor identity(int64_t n, std::optional<DType> dtype) { return identity_function({n, dtype}); }
Tensor tril(const Tensor& x, int k) { return tril_function({k}, x); }
Tensor triu(const Tensor& x, int k) { return triu_function({k}, x); }
std::vector<Tensor> meshgrid(const std::vector<Tensor>& x, const std::string& indexing) {
  return meshgrid_function({indexing}, Rest{x});
}

}  // namespace cornu::keras::ops
