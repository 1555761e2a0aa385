#include <numeric>

#include "cornu/keras/ops/function_record.h"
#include "cornu/keras/ops/numpy.h"
#include "cornu/keras/ops/promote.h"
#include "cornu/ops/concat/concat.h"
#include "cornu/ops/matmul/einsum.h"
#include "cornu/ops/view/view.h"

namespace cornu::keras::ops {
namespace {

// einsum in Keras's dtype: int8 gives int32.
Value einsum_of(const std::string& subscripts, const std::vector<Tensor>& operands) {
  const DType common = common_dtype(operands), dtype = common == int8 || common == bool_ ? int32 : common;
  std::vector<Value> values;
  for (const Tensor& t : operands) values.push_back(as_dtype(t, dtype));
  const Value out = low::einsum(subscripts, std::move(values));
  return common == bool_ ? low::cast(out, bool_) : out;
}

struct EinsumArgs {
  std::string subscripts;
};
Value einsum_body(const EinsumArgs& args, const Rest& operands) { return einsum_of(args.subscripts, operands.tensors); }
constinit const OpFunction einsum_function{"einsum", "Einsum", kNumpyModule, einsum_body};

// --- products that name axes by number ---

// A letter for each axis, from `first` on.
std::string letters(const Tensor& x, char first) {
  std::string out(x.rank(), ' ');
  std::iota(out.begin(), out.end(), first);
  return out;
}

// The sum over pairs of axes; the others stay, x1's first.
Value contracted(const Tensor& x1, const Tensor& x2, const std::vector<int>& axes1, const std::vector<int>& axes2) {
  std::string first = letters(x1, 'A'), second = letters(x2, 'a'), rest = first + second;
  for (std::size_t i = 0; i < axes1.size(); ++i) {
    const char letter = first[axes1[i]];
    std::erase(rest, letter);
    std::erase(rest, second[axes2[i]]);
    second[axes2[i]] = letter;
  }
  return einsum_of(first + "," + second + "->" + rest, {x1, x2});
}
Value multiplied(const Tensor& x1, const Tensor& x2) {
  const DType dtype = common_dtype({&x1, &x2});
  return low::mul(as_dtype(x1, dtype), as_dtype(x2, dtype));
}

Value dot_body(const NoArgs&, const Tensor& x1, const Tensor& x2) {
  if (x1.rank() == 0 || x2.rank() == 0) return multiplied(x1, x2);
  return contracted(x1, x2, {x1.rank() - 1}, {std::max(x2.rank() - 2, 0)});
}
Value inner_body(const NoArgs&, const Tensor& x1, const Tensor& x2) {
  if (x1.rank() == 0 || x2.rank() == 0) return multiplied(x1, x2);
  return contracted(x1, x2, {x1.rank() - 1}, {x2.rank() - 1});
}
Value vdot_body(const NoArgs&, const Tensor& x1, const Tensor& x2) {
  return contracted(Tensor(low::reshape(x1.value(), {-1})), Tensor(low::reshape(x2.value(), {-1})), {0}, {0});
}
Value outer_body(const NoArgs&, const Tensor& x1, const Tensor& x2) {
  return multiplied(Tensor(low::reshape(x1.value(), {-1, 1})), Tensor(low::reshape(x2.value(), {1, -1})));
}
constinit const OpFunction dot_function{"dot", "Dot", kNumpyModule, dot_body};
constinit const OpFunction inner_function{"inner", "Inner", kNumpyModule, inner_body};
constinit const OpFunction vdot_function{"vdot", "Vdot", kNumpyModule, vdot_body};
constinit const OpFunction outer_function{"outer", "Outer", kNumpyModule, outer_body};

struct TensordotArgs {
  TensordotAxes axes;
};
Value tensordot_body(const TensordotArgs& args, const Tensor& x1, const Tensor& x2) {
  std::vector<int> first = args.axes.first.as_ints(), second = args.axes.second.as_ints();
  if (!args.axes.first.is_list() && args.axes.second.is_none()) {  // the last ones of x1 and the first ones of x2
    const int count = first.at(0);
    if (count < 0 || count > std::min(x1.rank(), x2.rank()))
      throw error<ValueError>(
          "`axes` of `tensordot` must be between 0 and the smaller rank. Received: axes={}, x1.shape={}, x2.shape={}", count,
          to_string(x1.shape()), to_string(x2.shape()));
    first.assign(count, 0);
    second.assign(count, 0);
    std::iota(first.begin(), first.end(), x1.rank() - count);
    std::iota(second.begin(), second.end(), 0);
  }
  if (first.size() != second.size())
    throw error<ValueError>("`axes` of `tensordot` must name as many axes of x1 as of x2. Received: axes={}",
                            to_string(args.axes));
  for (int& axis : first) axis = normalize_axis(axis, x1.rank(), "tensordot");
  for (int& axis : second) axis = normalize_axis(axis, x2.rank(), "tensordot");
  return contracted(x1, x2, first, second);
}
constinit const OpFunction tensordot_function{"tensordot", "Tensordot", kNumpyModule, tensordot_body};

// Every element of x1 times all of x2, in its place.
Value kron_body(const NoArgs&, const Tensor& x1, const Tensor& x2) {
  const int rank = std::max(x1.rank(), x2.rank());
  Shape outer, inner, whole;
  for (int axis = 0; axis < rank; ++axis) {
    const int own1 = axis - rank + x1.rank(), own2 = axis - rank + x2.rank();
    const int64_t a = own1 < 0 ? 1 : x1.shape()[own1], b = own2 < 0 ? 1 : x2.shape()[own2];
    for (int64_t dim : {a, int64_t{1}}) outer.push_back(dim);
    for (int64_t dim : {int64_t{1}, b}) inner.push_back(dim);
    whole.push_back(a == Shape::kUnknown || b == Shape::kUnknown ? Shape::kUnknown : a * b);
  }
  return low::reshape(multiplied(Tensor(low::reshape(x1.value(), outer)), Tensor(low::reshape(x2.value(), inner))), whole);
}
constinit const OpFunction kron_function{"kron", "Kron", kNumpyModule, kron_body};

struct CrossArgs {
  int axisa = -1, axisb = -1, axisc = -1;
  std::optional<int> axis;
};
// The components along an axis; the third of a plane's vector is missing.
std::vector<Value> components(const Value& x, int axis) {
  const int64_t extent = x.shape()[normalize_axis(axis, x.shape().rank(), "cross")];
  if (extent != 2 && extent != 3)
    throw error<ValueError>("`cross` is of vectors of 2 or 3 components. Received: shape {}", to_string(x.shape()));
  std::vector<Value> out;
  for (int64_t i = 0; i < extent; ++i) out.push_back(low::squeeze(low::slice_axis(x, axis, i, i + 1), {axis}));
  return out;
}
Value cross_body(const CrossArgs& args, const Tensor& x1, const Tensor& x2) {
  const DType dtype = common_dtype({&x1, &x2});
  const auto a = components(as_dtype(x1, dtype), args.axis.value_or(args.axisa)),
             b = components(as_dtype(x2, dtype), args.axis.value_or(args.axisb));
  const auto product = [&](int i, int j) {
    return i < int(a.size()) && j < int(b.size()) ? a[i] * b[j] : low::zeros_like(a[0] * b[0]);
  };
  const auto component = [&](int i, int j) { return product(i, j) - product(j, i); };
  if (a.size() == 2 && b.size() == 2) return component(0, 1);
  return low::stack({component(1, 2), component(2, 0), component(0, 1)}, args.axis.value_or(args.axisc));
}
constinit const OpFunction cross_function{"cross", "Cross", kNumpyModule, cross_body};

constexpr const FunctionRecord* kNumpyProductFunctions[] = {&einsum_function, &dot_function,   &inner_function,
                                                            &vdot_function,   &outer_function, &tensordot_function,
                                                            &kron_function,   &cross_function};

}  // namespace

FunctionList numpy_product_functions() { return kNumpyProductFunctions; }

Tensor einsum(const std::string& subscripts, const std::vector<Tensor>& operands) {
  return einsum_function({subscripts}, Rest{operands});
}
Tensor dot(const Tensor& x1, const Tensor& x2) { return dot_function({}, x1, x2); }
Tensor inner(const Tensor& x1, const Tensor& x2) { return inner_function({}, x1, x2); }
Tensor vdot(const Tensor& x1, const Tensor& x2) { return vdot_function({}, x1, x2); }
Tensor outer(const Tensor& x1, const Tensor& x2) { return outer_function({}, x1, x2); }
Tensor tensordot(const Tensor& x1, const Tensor& x2, const TensordotAxes& axes) { return tensordot_function({axes}, x1, x2); }
Tensor kron(const Tensor& x1, const Tensor& x2) { return kron_function({}, x1, x2); }
Tensor cross(const Tensor& x1, const Tensor& x2, int axisa, int axisb, int axisc, std::optional<int> axis) {
  return cross_function({axisa, axisb, axisc, axis}, x1, x2);
}

}  // namespace cornu::keras::ops
