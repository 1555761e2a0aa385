#include "cornu/keras/ops/promote.h"

namespace cornu::keras::ops {
namespace {

PromotionOperand operand_of(const Tensor& tensor) { return {tensor.dtype(), tensor.is_number()}; }

}  // namespace

DType common_dtype(std::initializer_list<const Tensor*> tensors) {
  std::vector<PromotionOperand> operands;
  for (const Tensor* tensor : tensors) operands.push_back(operand_of(*tensor));
  return result_type(operands);
}
DType common_dtype(std::initializer_list<const Tensor*> tensors, PromotionOperand extra) {
  std::vector<PromotionOperand> operands{extra};
  for (const Tensor* tensor : tensors) operands.push_back(operand_of(*tensor));
  return result_type(operands);
}
DType common_dtype(const std::vector<Tensor>& tensors) {
  std::vector<PromotionOperand> operands;
  for (const Tensor& tensor : tensors) operands.push_back(operand_of(tensor));
  return result_type(operands);
}

Value as_dtype(const Tensor& tensor, DType dtype) {
  if (tensor.is_number()) return ir::constant(tensor.number(), dtype);
  return tensor.dtype() == dtype ? tensor.value() : low::cast(tensor.value(), dtype);
}
Value in_float(const Tensor& tensor) { return as_dtype(tensor, float_type_of(tensor.dtype())); }
Value in_common_float(Value (*f)(const Value&, const Value&), const Tensor& x1, const Tensor& x2) {
  const DType dtype = common_dtype({&x1, &x2}, kWeakFloat);
  return f(as_dtype(x1, dtype), as_dtype(x2, dtype));
}
Value in_number(const Tensor& tensor) { return as_dtype(tensor, tensor.dtype() == bool_ ? int32 : tensor.dtype()); }
Value in_sum_dtype(const Tensor& tensor) {
  const DType dtype = tensor.dtype();
  if (dtype.is_floating() || dtype.size() >= 4) return tensor.value();
  return as_dtype(tensor, dtype.kind() == DTypeKind::unsigned_integer ? uint32 : int32);
}
Value in_bool(const Tensor& tensor) { return as_dtype(tensor, bool_); }

Value only_float(const char* function, const Tensor& tensor) {
  if (!tensor.dtype().is_floating() && !tensor.is_number())
    throw error<TypeError>("`{}` computes on floating tensors. Cast it first. Received: dtype={}", function,
                           tensor.dtype().name());
  return in_float(tensor);
}
Value only_integer(const char* function, const Tensor& tensor) {
  if (tensor.dtype().is_floating())
    throw error<TypeError>("`{}` computes on integer and bool tensors. Received: dtype={}", function, tensor.dtype().name());
  return tensor.value();
}

std::vector<int> axes_of(const IntOrList& axis, const Tensor& tensor) {
  if (axis.is_list() && axis.values().empty()) return {};
  return normalize_axes(axis.as_ints(), tensor.rank(), "axis", true);
}

}  // namespace cornu::keras::ops
