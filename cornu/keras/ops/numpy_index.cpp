#include "cornu/keras/ops/function_record.h"
#include "cornu/keras/ops/numpy.h"
#include "cornu/keras/ops/promote.h"
#include "cornu/ops/gather/gather.h"
#include "cornu/ops/reduce/reduce.h"
#include "cornu/ops/view/view.h"

namespace cornu::keras::ops {
namespace {

struct TakeArgs {
  std::optional<int> axis;
};
Value take_body(const TakeArgs& args, const Tensor& x, const Tensor& indices) {
  if (!args.axis) return low::gather(low::reshape(x.value(), {-1}), indices.value(), 0);
  return low::gather(x.value(), indices.value(), *args.axis);
}
Value take_along_axis_body(const TakeArgs& args, const Tensor& x, const Tensor& indices) {
  if (!args.axis) return low::take_along_axis(low::reshape(x.value(), {-1}), indices.value(), 0);
  return low::take_along_axis(x.value(), indices.value(), *args.axis);
}
constinit const OpFunction take_function{"take", "Take", kNumpyModule, take_body};
constinit const OpFunction take_along_axis_function{"take_along_axis", "TakeAlongAxis", kNumpyModule, take_along_axis_body};

struct UnravelIndexArgs {
  std::vector<int64_t> shape;
};
// As jnp's: what is outside is brought to the nearest end, negative ones count from behind.
std::vector<Value> unravel_index_body(const UnravelIndexArgs& args, const Tensor& indices) {
  const Value given = low::as_indices(indices.value(), "unravel_index");
  int64_t stride = Shape(args.shape).elements();
  const Value inside = low::clip(given, low::full_like(given, double(-stride)), low::full_like(given, double(stride - 1)));
  std::vector<Value> out;
  for (int64_t dim : args.shape) {
    const Value rest = low::mod(inside, low::full_like(inside, double(stride)));
    stride = dim == 0 ? 0 : stride / dim;
    out.push_back(low::floor_divide(rest, low::full_like(rest, double(stride))));
  }
  return out;
}
constinit const OpFunction unravel_index_function{"unravel_index", "UnravelIndex", kNumpyModule, unravel_index_body};

struct DiagArgs {
  int k = 0;
};
Value diag_body(const DiagArgs& args, const Tensor& x) {
  if (x.rank() == 1) return low::diagonal_matrix(x.value(), args.k);
  if (x.rank() != 2) throw error<ValueError>("`diag` wants a vector or a matrix. Received: x.shape={}", to_string(x.shape()));
  return low::diagonal(x.value(), args.k, 0, 1);
}
constinit const OpFunction diag_function{"diag", "Diag", kNumpyModule, diag_body};

struct DiagonalArgs {
  int offset = 0, axis1 = 0, axis2 = 1;
};
Value diagonal_body(const DiagonalArgs& args, const Tensor& x) {
  return low::diagonal(x.value(), args.offset, args.axis1, args.axis2);
}
Value trace_body(const DiagonalArgs& args, const Tensor& x) {
  return low::sum(in_sum_dtype(Tensor(diagonal_body(args, x))), {-1});
}
constinit const OpFunction diagonal_function{"diagonal", "Diagonal", kNumpyModule, diagonal_body};
constinit const OpFunction trace_function{"trace", "Trace", kNumpyModule, trace_body};

constexpr const FunctionRecord* kNumpyIndexFunctions[] = {&take_function, &take_along_axis_function, &unravel_index_function,
                                                          &diag_function, &diagonal_function,        &trace_function};

}  // namespace

FunctionList numpy_index_functions() { return kNumpyIndexFunctions; }

Tensor take(const Tensor& x, const Tensor& indices, std::optional<int> axis) { return take_function({axis}, x, indices); }
Tensor take_along_axis(const Tensor& x, const Tensor& indices, std::optional<int> axis) {
  return take_along_axis_function({axis}, x, indices);
}
std::vector<Tensor> unravel_index(const Tensor& indices, const Shape& shape) {
  return unravel_index_function({shape.dims()}, indices);
}
Tensor diag(const Tensor& x, int k) { return diag_function({k}, x); }
Tensor diagonal(const Tensor& x, int offset, int axis1, int axis2) { return diagonal_function({offset, axis1, axis2}, x); }
Tensor trace(const Tensor& x, int offset, int axis1, int axis2) { return trace_function({offset, axis1, axis2}, x); }

}  // namespace cornu::keras::ops
