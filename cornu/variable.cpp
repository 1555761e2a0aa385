#include "cornu/variable.h"

#include <cstring>

#include "cornu/base/python_names.h"
#include "cornu/exec/slot.h"
#include "cornu/ops/pointwise.h"
#include "cornu/ops/view/view.h"
#include "cornu/trace.h"

namespace cornu {
namespace {

thread_local const AutocastScope* innermost_scope = nullptr;

}  // namespace

struct Variable::Impl : exec::Slot {
  Impl(ir::Spec spec, VariableArgs a) : Slot(std::move(spec)), args(std::move(a)), path(args.name) {}
  VariableArgs args;
  std::string path;
  Regularizer regularizer;
  Constraint constraint;
};

PYTHON_NAMES("keras.Variable");
Variable::Variable(DType dtype, Shape shape, VariableArgs args)
    : impl_(std::make_shared<Impl>(ir::Spec{dtype, std::move(shape)}, std::move(args))) {}
Variable::Variable(const Tensor& initial, VariableArgs args) : Variable(initial.dtype(), initial.shape(), std::move(args)) {
  const void* from = initial.data();
  if (size() > 0) std::memcpy(impl_->memory(), from, static_cast<std::size_t>(size()) * dtype().size());
}

Tensor Variable::value() const {
  if (!impl_)
    throw ValueError("A variable is read that does not exist. Is the layer that has it built for other inputs than these?");
  ir::Value value = read_slot(impl_);
  const auto compute = innermost_scope ? innermost_scope->dtype() : std::nullopt;
  if (compute && impl_->args.autocast && dtype().is_floating() && *compute != dtype()) value = ops::cast(value, *compute);
  return Tensor(std::move(value));
}

void Variable::assign(const Tensor& value) const {
  if (value.shape() != shape())
    throw error<ValueError>(
        "The shape of the target variable and the shape of the value must match. variable.shape={}, Received: value.shape={}. "
        "Target variable: '{}'",
        to_string(this->shape()), to_string(value.shape()), path());
  ir::Value converted = value.value();
  if (converted.dtype() != dtype()) converted = ops::cast(converted, dtype());
  write_slot(impl_, converted);
}
void Variable::assign_add(const Tensor& value) const { assign(Tensor(*this) + value); }
void Variable::assign_sub(const Tensor& value) const { assign(Tensor(*this) - value); }

const Shape& Variable::shape() const { return impl_->spec().shape; }
DType Variable::dtype() const { return impl_->spec().dtype; }
const std::string& Variable::name() const { return impl_->args.name; }
const std::string& Variable::path() const { return impl_->path; }
void Variable::set_path(std::string path) const { impl_->path = std::move(path); }
bool Variable::trainable() const { return impl_->args.trainable; }
void Variable::set_trainable(bool trainable) const { impl_->args.trainable = trainable; }
const Variable::Regularizer& Variable::regularizer() const { return impl_->regularizer; }
const Variable::Constraint& Variable::constraint() const { return impl_->constraint; }
void Variable::set_regularizer(Regularizer regularizer) const { impl_->regularizer = std::move(regularizer); }
void Variable::set_constraint(Constraint constraint) const { impl_->constraint = std::move(constraint); }

const std::byte* Variable::read_bytes() const { return impl_->memory(); }
std::byte* Variable::write_bytes() const {
  impl_->about_to_be_written();
  return impl_->memory();
}
std::shared_ptr<exec::Slot> Variable::slot() const { return impl_; }

AutocastScope::AutocastScope(std::optional<DType> compute_dtype) : dtype_(compute_dtype), outer_(innermost_scope) {
  innermost_scope = this;
}
AutocastScope::~AutocastScope() { innermost_scope = outer_; }
const AutocastScope* AutocastScope::innermost() { return innermost_scope; }

Tensor operator+(const Variable& a, const Tensor& b) { return a.value() + b; }
Tensor operator-(const Variable& a, const Tensor& b) { return a.value() - b; }
Tensor operator*(const Variable& a, const Tensor& b) { return a.value() * b; }
Tensor operator/(const Variable& a, const Tensor& b) { return a.value() / b; }

}  // namespace cornu
