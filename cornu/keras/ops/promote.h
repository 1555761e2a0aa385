#pragma once

#include <initializer_list>
#include <vector>

#include "cornu/keras/ops/function_record.h"
#include "cornu/keras/ops/int_or_list.h"
#include "cornu/ops/pointwise.h"
#include "cornu/tensor.h"

// What the bodies of keras.ops functions are written with: Keras's dtype rules around the ops on values, which never promote.

namespace cornu::keras::ops {

using ir::Value;
namespace low = cornu::ops;  // the ops on values
using low::operator+;
using low::operator-;
using low::operator*;
using low::operator/;

// The dtype that Keras combines tensors in; C++ numbers are weak (see result_type). `extra` joins as a tensor of that dtype
// or, where it is weak, as a number would.
DType common_dtype(std::initializer_list<const Tensor*> tensors);
DType common_dtype(std::initializer_list<const Tensor*> tensors, PromotionOperand extra);
DType common_dtype(const std::vector<Tensor>& tensors);
inline constexpr PromotionOperand kWeakFloat{float32, true};

// The tensor in a dtype. A C++ number keeps all its digits.
Value as_dtype(const Tensor& tensor, DType dtype);
// In its own dtype if that is floating, else in float32 (kept by kWeakFloat's rule).
Value in_float(const Tensor& tensor);
// f of both in the dtype that they combine in, which is floating.
Value in_common_float(Value (*f)(const Value&, const Value&), const Tensor& x1, const Tensor& x2);
// Unchanged, but a bool becomes int32.
Value in_number(const Tensor& tensor);
// As jnp.sum does: bools and integers narrower than int32 become int32 (unsigned ones uint32).
Value in_sum_dtype(const Tensor& tensor);
// != 0 where it is not bool.
Value in_bool(const Tensor& tensor);
// ValueError where the tensor is not floating, as Keras's JAX backend refuses it.
Value only_float(const char* function, const Tensor& tensor);
Value only_integer(const char* function, const Tensor& tensor);

// The axes that an `axis` argument names: all of them for None.
std::vector<int> axes_of(const IntOrList& axis, const Tensor& tensor);
// f of a floating value, whose 16-bit floats are computed in float32 and rounded once, at the end.
template <class F>
Value in_wide(const Value& x, F&& f) {
  return x.dtype().size() > 2 ? f(x) : low::cast(f(low::cast(x, float32)), x.dtype());
}
// The body of a function of one tensor, computed as floating, that has no arguments.
template <auto F>
Value float_body(const NoArgs&, const Tensor& x) {
  return in_wide(in_float(x), F);
}

}  // namespace cornu::keras::ops
