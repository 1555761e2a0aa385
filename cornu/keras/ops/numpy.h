#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cornu/keras/ops/int_or_list.h"
#include "cornu/tensor.h"

// keras.ops: numpy's functions. Operands broadcast as numpy's do and are promoted as Keras does it (C++ numbers are weak: they
// never widen a tensor), except that 64-bit types stay. Called with symbolic tensors they become nodes of a model. "In float"
// below: a floating tensor keeps its dtype, any other is computed in float32.

namespace cornu::keras::ops {

// --- element by element, one operand ---

// Of any dtype, which stays.
CORNU_API Tensor abs(const Tensor& x);
CORNU_API Tensor absolute(const Tensor& x);
CORNU_API Tensor conj(const Tensor& x);
CORNU_API Tensor conjugate(const Tensor& x);
CORNU_API Tensor copy(const Tensor& x);
CORNU_API Tensor imag(const Tensor& x);  // zeros: complex dtypes are not there
CORNU_API Tensor real(const Tensor& x);
CORNU_API Tensor negative(const Tensor& x);  // TypeError for bool, as for sign and round
CORNU_API Tensor sign(const Tensor& x);
CORNU_API Tensor square(const Tensor& x);  // bool gives int32
CORNU_API Tensor trunc(const Tensor& x);
CORNU_API Tensor round(const Tensor& x, int decimals = 0);  // halves go to the even neighbour
CORNU_API Tensor nan_to_num(const Tensor& x, double nan = 0.0, std::optional<double> posinf = {},
                            std::optional<double> neginf = {});
// In float.
CORNU_API Tensor angle(const Tensor& x);  // 0, or pi where x is negative
CORNU_API Tensor arccos(const Tensor& x);
CORNU_API Tensor arccosh(const Tensor& x);
CORNU_API Tensor arcsin(const Tensor& x);
CORNU_API Tensor arcsinh(const Tensor& x);
CORNU_API Tensor arctan(const Tensor& x);
CORNU_API Tensor arctanh(const Tensor& x);
CORNU_API Tensor cbrt(const Tensor& x);
CORNU_API Tensor ceil(const Tensor& x);
CORNU_API Tensor cos(const Tensor& x);
CORNU_API Tensor cosh(const Tensor& x);
CORNU_API Tensor i0(const Tensor& x);  // the modified Bessel function of order 0
CORNU_API Tensor deg2rad(const Tensor& x);
CORNU_API Tensor exp(const Tensor& x);
CORNU_API Tensor exp2(const Tensor& x);
CORNU_API Tensor expm1(const Tensor& x);
CORNU_API Tensor fabs(const Tensor& x);
CORNU_API Tensor floor(const Tensor& x);
CORNU_API Tensor log(const Tensor& x);
CORNU_API Tensor log10(const Tensor& x);
CORNU_API Tensor log1p(const Tensor& x);
CORNU_API Tensor log2(const Tensor& x);
CORNU_API Tensor rad2deg(const Tensor& x);
CORNU_API Tensor reciprocal(const Tensor& x);
CORNU_API Tensor sin(const Tensor& x);
CORNU_API Tensor sinc(const Tensor& x);  // sin(pi x) / (pi x)
CORNU_API Tensor sinh(const Tensor& x);
CORNU_API Tensor sqrt(const Tensor& x);
CORNU_API Tensor tan(const Tensor& x);
CORNU_API Tensor tanh(const Tensor& x);
// To bool.
CORNU_API Tensor isfinite(const Tensor& x);
CORNU_API Tensor isinf(const Tensor& x);
CORNU_API Tensor isnan(const Tensor& x);
CORNU_API Tensor isneginf(const Tensor& x);
CORNU_API Tensor isposinf(const Tensor& x);
CORNU_API Tensor isreal(const Tensor& x);
CORNU_API Tensor logical_not(const Tensor& x);
CORNU_API Tensor signbit(const Tensor& x);
// Of integers and bool; TypeError for floats.
CORNU_API Tensor bitwise_invert(const Tensor& x);
CORNU_API Tensor bitwise_not(const Tensor& x);

// --- element by element, two operands ---

CORNU_API Tensor add(const Tensor& x1, const Tensor& x2);
CORNU_API Tensor subtract(const Tensor& x1, const Tensor& x2);
CORNU_API Tensor multiply(const Tensor& x1, const Tensor& x2);
// True division: integers give float32.
CORNU_API Tensor divide(const Tensor& x1, const Tensor& x2);
CORNU_API Tensor true_divide(const Tensor& x1, const Tensor& x2);
CORNU_API Tensor divide_no_nan(const Tensor& x1, const Tensor& x2);  // 0 where x2 is 0
CORNU_API Tensor floor_divide(const Tensor& x1, const Tensor& x2);
CORNU_API Tensor mod(const Tensor& x1, const Tensor& x2);   // the sign of x2
CORNU_API Tensor fmod(const Tensor& x1, const Tensor& x2);  // the sign of x1
CORNU_API Tensor power(const Tensor& x1, const Tensor& x2);
CORNU_API Tensor maximum(const Tensor& x1, const Tensor& x2);  // NaN wins
CORNU_API Tensor minimum(const Tensor& x1, const Tensor& x2);
CORNU_API Tensor fmax(const Tensor& x1, const Tensor& x2);  // NaN loses
CORNU_API Tensor fmin(const Tensor& x1, const Tensor& x2);
CORNU_API Tensor arctan2(const Tensor& x1, const Tensor& x2);
CORNU_API Tensor gcd(const Tensor& x1, const Tensor& x2);  // of integers; never negative
CORNU_API Tensor lcm(const Tensor& x1, const Tensor& x2);
CORNU_API Tensor ldexp(const Tensor& x1, const Tensor& x2);      // x1 2^x2; TypeError: x2 is no integer
CORNU_API Tensor nextafter(const Tensor& x1, const Tensor& x2);  // the next number of the dtype after x1 towards x2
CORNU_API Tensor heaviside(const Tensor& x1, const Tensor& x2);
CORNU_API Tensor hypot(const Tensor& x1, const Tensor& x2);
CORNU_API Tensor logaddexp(const Tensor& x1, const Tensor& x2);
CORNU_API Tensor logaddexp2(const Tensor& x1, const Tensor& x2);
CORNU_API Tensor equal(const Tensor& x1, const Tensor& x2);
CORNU_API Tensor not_equal(const Tensor& x1, const Tensor& x2);
CORNU_API Tensor less(const Tensor& x1, const Tensor& x2);
CORNU_API Tensor less_equal(const Tensor& x1, const Tensor& x2);
CORNU_API Tensor greater(const Tensor& x1, const Tensor& x2);
CORNU_API Tensor greater_equal(const Tensor& x1, const Tensor& x2);
CORNU_API Tensor logical_and(const Tensor& x1, const Tensor& x2);
CORNU_API Tensor logical_or(const Tensor& x1, const Tensor& x2);
CORNU_API Tensor logical_xor(const Tensor& x1, const Tensor& x2);
// Of integers and bool.
CORNU_API Tensor bitwise_and(const Tensor& x, const Tensor& y);
CORNU_API Tensor bitwise_or(const Tensor& x, const Tensor& y);
CORNU_API Tensor bitwise_xor(const Tensor& x, const Tensor& y);
CORNU_API Tensor bitwise_left_shift(const Tensor& x, const Tensor& y);
CORNU_API Tensor bitwise_right_shift(const Tensor& x, const Tensor& y);
CORNU_API Tensor left_shift(const Tensor& x, const Tensor& y);
CORNU_API Tensor right_shift(const Tensor& x, const Tensor& y);
// |x1 - x2| <= atol + rtol |x2|
CORNU_API Tensor isclose(const Tensor& x1, const Tensor& x2, double rtol = 1e-5, double atol = 1e-8, bool equal_nan = false);
// condition ? x1 : x2
CORNU_API Tensor where(const Tensor& condition, const Tensor& x1, const Tensor& x2);
CORNU_API Tensor clip(const Tensor& x, const Tensor& x_min, const Tensor& x_max);

// --- reductions: `axis` None reduces all axes; with `keepdims` reduced axes stay with extent 1 ---

// Small integers are summed in int32 (unsigned ones in uint32), as are bools.
CORNU_API Tensor sum(const Tensor& x, const IntOrList& axis = {}, bool keepdims = false);
CORNU_API Tensor prod(const Tensor& x, const IntOrList& axis = {}, bool keepdims = false, std::optional<DType> dtype = {});
// `initial` is one more element; without it an empty tensor is a ValueError.
CORNU_API Tensor max(const Tensor& x, const IntOrList& axis = {}, bool keepdims = false, const Tensor& initial = {});
CORNU_API Tensor min(const Tensor& x, const IntOrList& axis = {}, bool keepdims = false, const Tensor& initial = {});
CORNU_API Tensor amax(const Tensor& x, const IntOrList& axis = {}, bool keepdims = false);
CORNU_API Tensor amin(const Tensor& x, const IntOrList& axis = {}, bool keepdims = false);
CORNU_API Tensor ptp(const Tensor& x, const IntOrList& axis = {}, bool keepdims = false);
CORNU_API Tensor any(const Tensor& x, const IntOrList& axis = {}, bool keepdims = false);
CORNU_API Tensor all(const Tensor& x, const IntOrList& axis = {}, bool keepdims = false);
CORNU_API Tensor count_nonzero(const Tensor& x, const IntOrList& axis = {});
// In float; 16-bit floats are computed in float32.
CORNU_API Tensor mean(const Tensor& x, const IntOrList& axis = {}, bool keepdims = false);
CORNU_API Tensor average(const Tensor& x, const IntOrList& axis = {}, const Tensor& weights = {});
CORNU_API Tensor var(const Tensor& x, const IntOrList& axis = {}, bool keepdims = false);  // the population's
CORNU_API Tensor std(const Tensor& x, const IntOrList& axis = {}, bool keepdims = false);
// Running sums and products, of the flattened tensor when no axis is given; a bool is an int32.
CORNU_API Tensor cumsum(const Tensor& x, std::optional<int> axis = {}, std::optional<DType> dtype = {});
CORNU_API Tensor cumprod(const Tensor& x, std::optional<int> axis = {}, std::optional<DType> dtype = {});
// int32: where the first largest (smallest) element is, of the flattened tensor when no axis is given.
CORNU_API Tensor argmax(const Tensor& x, std::optional<int> axis = {}, bool keepdims = false);
CORNU_API Tensor argmin(const Tensor& x, std::optional<int> axis = {}, bool keepdims = false);

// --- shape ---

CORNU_API Tensor reshape(const Tensor& x, const Shape& newshape);                               // one dim may be -1
CORNU_API Tensor transpose(const Tensor& x, const std::optional<std::vector<int>>& axes = {});  // reversed by default
CORNU_API Tensor swapaxes(const Tensor& x, int axis1, int axis2);
CORNU_API Tensor moveaxis(const Tensor& x, const IntOrList& source, const IntOrList& destination);
CORNU_API Tensor expand_dims(const Tensor& x, const IntOrList& axis);
CORNU_API Tensor squeeze(const Tensor& x, const IntOrList& axis = {});
CORNU_API Tensor ravel(const Tensor& x);
CORNU_API Tensor broadcast_to(const Tensor& x, const Shape& shape);
CORNU_API Tensor flip(const Tensor& x, const IntOrList& axis = {});
CORNU_API Tensor concatenate(const std::vector<Tensor>& xs, int axis = 0);
CORNU_API Tensor stack(const std::vector<Tensor>& x, int axis = 0);
CORNU_API Tensor hstack(const std::vector<Tensor>& xs);  // along axis 1; of vectors along 0
CORNU_API Tensor vstack(const std::vector<Tensor>& xs);  // along axis 0; a vector is a row
CORNU_API Tensor dstack(const std::vector<Tensor>& xs);  // along axis 2; a matrix is a slice
CORNU_API Tensor append(const Tensor& x1, const Tensor& x2,
                        std::optional<int> axis = {});  // both flattened when no axis is given
// Equal parts (ValueError where the extent does not divide), or the parts that end at each of the indices and at the end.
CORNU_API std::vector<Tensor> split(const Tensor& x, const IntOrList& indices_or_sections, int axis = 0);
// As many parts, the first ones longer by one where the extent does not divide.
CORNU_API std::vector<Tensor> array_split(const Tensor& x, int64_t indices_or_sections, int axis = 0);
CORNU_API Tensor tile(const Tensor& x, const IntOrList& repeats);
// Each element along `axis` so many times in a row: one number or one for each; of the flattened tensor when no axis is given.
CORNU_API Tensor repeat(const Tensor& x, const IntOrList& repeats, std::optional<int> axis = {});
// What leaves at the end comes in at the beginning.
CORNU_API Tensor roll(const Tensor& x, const IntOrList& shift, const IntOrList& axis = {});
CORNU_API Tensor rot90(const Tensor& array, int k = 1, const std::vector<int>& axes = {0, 1});
CORNU_API Tensor diff(const Tensor& a, int n = 1, int axis = -1);
CORNU_API Tensor tril(const Tensor& x, int k = 0);
CORNU_API Tensor triu(const Tensor& x, int k = 0);
CORNU_API std::vector<Tensor> meshgrid(const std::vector<Tensor>& x, const std::string& indexing = "xy");

// numpy's pad_width: pad(x, 1), pad(x, {1, 2}) for every axis, or a pair for each, pad(x, {{1, 2}, {0, 0}}).
class CORNU_API PadWidth {
 public:
  PadWidth(int64_t everywhere = 0) : all_(everywhere) {}
  PadWidth(int64_t before, int64_t after) : all_{before, after} {}
  PadWidth(std::initializer_list<std::pair<int64_t, int64_t>> each) {
    for (const auto& [before, after] : each) each_.push_back({before, after});
  }
  // A pair for each axis. ValueError where there are others.
  std::vector<std::pair<int64_t, int64_t>> of_rank(int rank) const;
  friend void write_json(const PadWidth& value, Json& out);
  friend void read_json(const Json& json, PadWidth& value);

 private:
  IntOrList all_;
  std::vector<std::vector<int64_t>> each_;
};
std::string to_string(const PadWidth& value);
CORNU_API void write_json(const PadWidth& value, Json& out);
CORNU_API void read_json(const Json& json, PadWidth& value);
// `mode`: "constant" (`constant_values`, else 0), "empty" (zeros), "edge", "reflect", "symmetric", "wrap" ("circular"),
// "linear_ramp" (down to 0), or an axis's "maximum", "mean", "median", "minimum".
CORNU_API Tensor pad(const Tensor& x, const PadWidth& pad_width, const std::string& mode = "constant",
                     std::optional<double> constant_values = {});

// --- elements by their place; negative places count from the end ---

// The slices along `axis` that integer indices name; the result has their dims in its place. The tensor is flattened when no axis is
// given. Out of range reads NaN, the smallest signed or the largest unsigned integer, or true.
CORNU_API Tensor take(const Tensor& x, const Tensor& indices, std::optional<int> axis = {});
// The same of each line along the axis by itself: x and indices broadcast, `axis` aside.
CORNU_API Tensor take_along_axis(const Tensor& x, const Tensor& indices, std::optional<int> axis = {});
// The coordinates of places of the flattened shape, one tensor an axis.
CORNU_API std::vector<Tensor> unravel_index(const Tensor& indices, const Shape& shape);
// Of a matrix its k-th diagonal, of a vector the matrix that has it there.
CORNU_API Tensor diag(const Tensor& x, int k = 0);
CORNU_API Tensor diagonal(const Tensor& x, int offset = 0, int axis1 = 0, int axis2 = 1);
CORNU_API Tensor trace(const Tensor& x, int offset = 0, int axis1 = 0, int axis2 = 1);

// --- order: NaN is the largest, equal elements keep their order; of the flattened tensor when `axis` is None ---

CORNU_API Tensor sort(const Tensor& x, std::optional<int> axis = -1);
CORNU_API Tensor argsort(const Tensor& x, std::optional<int> axis = -1);  // int32
// In float: the middle element, or the mean of the two; NaN where there is one.
CORNU_API Tensor median(const Tensor& x, const IntOrList& axis = {}, bool keepdims = false);
// int32: where each value would be inserted, before ("left") or behind ("right") its equals.
CORNU_API Tensor searchsorted(const Tensor& sorted_sequence, const Tensor& values, const std::string& side = "left");
// int32: the bin of each element; bins rise or fall.
CORNU_API Tensor digitize(const Tensor& x, const Tensor& bins);

// --- products; keras.ops.matmul is in nn.h ---

// "ij,jk->ik": sums of products over the labels that the output lacks; with "..." and without "->" as in numpy.
CORNU_API Tensor einsum(const std::string& subscripts, const std::vector<Tensor>& operands);
CORNU_API Tensor dot(const Tensor& x1, const Tensor& x2);    // the last axis of x1, the last but one of x2
CORNU_API Tensor inner(const Tensor& x1, const Tensor& x2);  // the last axes
CORNU_API Tensor vdot(const Tensor& x1, const Tensor& x2);   // both flattened
CORNU_API Tensor outer(const Tensor& x1, const Tensor& x2);  // both flattened
CORNU_API Tensor kron(const Tensor& x1, const Tensor& x2);
// So many of x1's last axes with x2's first ones, or the axes of each: tensordot(a, b, {{1, 2}, {0, 1}}).
struct TensordotAxes {
  IntOrList first = 2, second;
};
std::string to_string(const TensordotAxes& value);
CORNU_API void write_json(const TensordotAxes& value, Json& out);
CORNU_API void read_json(const Json& json, TensordotAxes& value);
CORNU_API Tensor tensordot(const Tensor& x1, const Tensor& x2, const TensordotAxes& axes = {});
// Vectors of 2 or 3 components along an axis; `axis` is all three of them.
CORNU_API Tensor cross(const Tensor& x1, const Tensor& x2, int axisa = -1, int axisb = -1, int axisc = -1,
                       std::optional<int> axis = {});

// Python's x[1, 2:5, None, ...]: get_item(x, {1, Index::slice(2, 5), Index::new_axis(), Index::ellipsis()}). IndexError for a
// position outside; bounds of a slice are clipped.
struct CORNU_API Index {
  enum class Kind : uint8_t { position, slice, new_axis, ellipsis } kind = Kind::position;
  std::optional<int64_t> start, stop, step;  // a position is `start`

  Index(int64_t position = 0) : start(position) {}
  static Index slice(std::optional<int64_t> start = {}, std::optional<int64_t> stop = {}, std::optional<int64_t> step = {}) {
    return {Kind::slice, start, stop, step};
  }
  static Index new_axis() { return {Kind::new_axis, {}, {}, {}}; }
  static Index ellipsis() { return {Kind::ellipsis, {}, {}, {}}; }

 private:
  Index(Kind k, std::optional<int64_t> a, std::optional<int64_t> b, std::optional<int64_t> c)
      : kind(k), start(a), stop(b), step(c) {}
};
CORNU_API void write_json(const Index& index, Json& out);
CORNU_API void read_json(const Json& json, Index& index);
CORNU_API void write_json(const std::vector<Index>& key, Json& out);
CORNU_API void read_json(const Json& json, std::vector<Index>& key);
CORNU_API Tensor get_item(const Tensor& x, const std::vector<Index>& key);

// --- creation; `dtype` None is keras.config.floatx() unless said ---

CORNU_API Tensor zeros(const Shape& shape, std::optional<DType> dtype = {});
CORNU_API Tensor ones(const Shape& shape, std::optional<DType> dtype = {});
CORNU_API Tensor empty(const Shape& shape, std::optional<DType> dtype = {});  // zeros
CORNU_API Tensor full(const Shape& shape, const Tensor& fill_value, std::optional<DType> dtype = {});
// The tensor's dtype.
CORNU_API Tensor zeros_like(const Tensor& x, std::optional<DType> dtype = {});
CORNU_API Tensor ones_like(const Tensor& x, std::optional<DType> dtype = {});
CORNU_API Tensor empty_like(const Tensor& x, std::optional<DType> dtype = {});
CORNU_API Tensor full_like(const Tensor& x, const Tensor& fill_value, std::optional<DType> dtype = {});
// The dtype that the numbers are combined in: int32 or float32.
CORNU_API Tensor arange(const Tensor& stop, std::optional<DType> dtype = {});
CORNU_API Tensor arange(const Tensor& start, const Tensor& stop, const Tensor& step = 1, std::optional<DType> dtype = {});
// The operands' dtype, in float.
CORNU_API Tensor linspace(const Tensor& start, const Tensor& stop, int num = 50, bool endpoint = true,
                          std::optional<DType> dtype = {}, int axis = 0);
CORNU_API Tensor logspace(const Tensor& start, const Tensor& stop, int num = 50, bool endpoint = true, double base = 10,
                          std::optional<DType> dtype = {}, int axis = 0);
CORNU_API Tensor eye(int64_t N, std::optional<int64_t> M = {}, int k = 0, std::optional<DType> dtype = {});
CORNU_API Tensor identity(int64_t n, std::optional<DType> dtype = {});
CORNU_API Tensor tri(int64_t N, std::optional<int64_t> M = {}, int k = 0, std::optional<DType> dtype = {});

// --- what a tensor is ---

CORNU_API int ndim(const Tensor& x);
CORNU_API int64_t size(const Tensor& x);  // -1 where a dim is unknown

}  // namespace cornu::keras::ops
