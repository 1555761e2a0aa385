#include "cornu/tensor.h"

#include <cstring>
#include <ostream>

#include "cornu/device/scope.h"
#include "cornu/exec/eager.h"
#include "cornu/ir/leaf.h"
#include "cornu/ops/view/view.h"
#include "cornu/trace.h"

namespace cornu {
namespace {

// An eager chain longer than this is computed before it grows further.
constexpr uint32_t kLongestChain = 256;

void print(std::ostream& out, const std::vector<double>& values, const Shape& shape, int axis, std::size_t& next) {
  if (axis == shape.rank()) return void(out << values[next++]);
  out << '[';
  for (int64_t i = 0; i < shape[axis]; ++i) {
    if (i) out << (axis == shape.rank() - 1 ? ", " : ",\n ");
    print(out, values, shape, axis + 1, next);
  }
  out << ']';
}

}  // namespace

struct Tensor::Impl {
  ir::Value value;
  ir::Spec spec;
  std::shared_ptr<const keras::SymbolicTensor> symbolic;
  Tensor mask;
  bool number = false;
};

Tensor::Tensor(ir::Value value) {
  devices::check_scope();
  if (value->depth() > kLongestChain && !Trace::current()) exec::evaluate({&value, 1});
  auto spec = value.spec();
  impl_ = std::make_shared<const Impl>(Impl{std::move(value), std::move(spec), nullptr, {}, false});
}
Tensor::Tensor(std::shared_ptr<const keras::SymbolicTensor> symbolic, ir::Spec spec)
    : impl_(std::make_shared<const Impl>(Impl{{}, std::move(spec), std::move(symbolic), {}, false})) {}

Tensor Tensor::number_tensor(double number, bool floating, bool boolean) {
  const DType dtype = boolean ? bool_ : floating ? float32 : int32;
  Tensor out;
  out.impl_ = std::make_shared<const Impl>(Impl{ir::constant(number, dtype), {dtype, {}}, nullptr, {}, true});
  return out;
}

Tensor Tensor::copy_of(const void* elements, std::size_t count, DType dtype, Shape shape) {
  if (shape.elements() != static_cast<int64_t>(count))
    throw error<ValueError>("A tensor of shape {} has {} elements. Received: {} elements", to_string(shape), shape.elements(),
                            count);
  auto array = devices::Array::allocate({dtype, std::move(shape)});
  if (count > 0) std::memcpy(array->bytes(), elements, array->size_bytes());
  const auto spec = array->spec();
  return Tensor(ir::data(spec, std::move(array)));
}

Tensor Tensor::from_memory(std::shared_ptr<const std::byte> memory, DType dtype, Shape shape) {
  const ir::Spec spec{dtype, std::move(shape)};
  return Tensor(ir::data(spec, devices::Array::wrap(spec, std::const_pointer_cast<std::byte>(std::move(memory)))));
}

const ir::Value& Tensor::value() const {
  CORNU_CHECK(impl_ && !impl_->symbolic, "A symbolic tensor has no value.");
  return impl_->value;
}
ir::Spec Tensor::spec() const {
  if (!impl_) throw ValueError("An empty Tensor was used. Give it a value first.");
  return impl_->spec;
}
const Shape& Tensor::shape() const {
  if (!impl_) throw ValueError("An empty Tensor was used. Give it a value first.");
  return impl_->spec.shape;
}
DType Tensor::dtype() const {
  if (!impl_) throw ValueError("An empty Tensor was used. Give it a value first.");
  return impl_->spec.dtype;
}
bool Tensor::is_symbolic() const { return impl_ && impl_->symbolic; }
const std::shared_ptr<const keras::SymbolicTensor>& Tensor::symbolic() const { return impl_->symbolic; }
bool Tensor::is_number() const { return impl_ && impl_->number; }
double Tensor::number() const {
  CORNU_CHECK(is_number(), "A tensor that is no number.");
  return ir::constant_as_double(impl_->value);
}

Tensor Tensor::mask() const { return impl_ ? impl_->mask : Tensor(); }
Tensor Tensor::with_mask(Tensor mask) const {
  Impl copy = *impl_;
  copy.mask = std::move(mask);
  Tensor out;
  out.impl_ = std::make_shared<const Impl>(std::move(copy));
  return out;
}

const void* Tensor::data() const {
  if (is_symbolic())
    throw ValueError(
        "A symbolic tensor (from `Input` or a layer called on it) has no value. Make a Model of it and call that with data.");
  auto array = exec::array_of(value());
  if (!array) {
    exec::evaluate({&value(), 1});
    array = exec::array_of(value());
  }
  return array->bytes();
}
const void* Tensor::memory(DType expected) const {
  if (expected != dtype())
    throw error<TypeError>("data<{}>() of a tensor of dtype {}. Cast it first, or use to_vector.", expected.name(),
                           dtype().name());
  return data();
}

Tensor::operator bool() const {
  if (size() != 1)
    throw error<ValueError>(
        "The truth value of a tensor with more than one element is ambiguous. Use `ops::any` or `ops::all`. Received: shape={}",
        to_string(shape()));
  return item<double>() != 0;
}

std::ostream& operator<<(std::ostream& out, const Tensor& tensor) {
  if (!tensor.exists()) return out << "<no tensor>";
  if (tensor.is_symbolic()) return out << "<KerasTensor shape=" << tensor.shape() << ", dtype=" << tensor.dtype() << ">";
  const auto values = tensor.to_vector<double>();
  std::size_t next = 0;
  print(out, values, tensor.shape(), 0, next);
  return out;
}

void evaluate(const std::vector<Tensor>& tensors) {
  std::vector<ir::Value> values;
  for (const Tensor& tensor : tensors) values.push_back(tensor.value());
  exec::evaluate(values);
}

}  // namespace cornu
