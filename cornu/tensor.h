#pragma once

#include <concepts>
#include <cstddef>
#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

#include "cornu/base/api.h"
#include "cornu/base/dtype.h"
#include "cornu/base/errors.h"
#include "cornu/base/nest.h"
#include "cornu/base/shape.h"

namespace cornu {

namespace ir {
class Value;
struct Spec;
}  // namespace ir
namespace keras {
struct SymbolicTensor;  // what `Input` and layers called on it give (keras/ops/operation.h)
}

// A handle to a tensor: numbers in memory, a computation not yet run, or the description of a model's intermediate. Cheap to
// copy; tensors are immutable. Reading one (item, to_vector, data, bool, printing) computes it.
class CORNU_API Tensor {
 public:
  Tensor() = default;  // no tensor
  // A number. It takes the dtype of what it is combined with, as Python's numbers do: float16 tensor * 2.0 stays float16.
  template <class T>
  requires std::is_arithmetic_v<T> Tensor(T number)
      : Tensor(number_tensor(static_cast<double>(number), std::is_floating_point_v<T>, std::same_as<T, bool>)) {}
  // Copies the elements, row-major. ValueError when the count does not fit the shape.
  template <class T>
  Tensor(const std::vector<T>& elements, Shape shape)
      : Tensor(copy_of(elements.data(), elements.size(), dtype_of<T>, std::move(shape))) {}
  template <class T>
  explicit Tensor(const std::vector<T>& elements) : Tensor(elements, Shape{static_cast<int64_t>(elements.size())}) {}
  // Takes memory as it is (row-major, dtype's size times the elements), kept alive by the pointer.
  static Tensor from_memory(std::shared_ptr<const std::byte> memory, DType dtype, Shape shape);

  explicit operator bool() const;  // of a tensor with one element; ValueError otherwise
  bool exists() const { return impl_ != nullptr; }
  const Shape& shape() const;  // unknown dims are Shape::kUnknown while a model is described
  DType dtype() const;
  int rank() const { return shape().rank(); }
  int64_t size() const { return shape().elements(); }

  // Reading. An error inside a traced function, where tensors have no values yet.
  template <class T = double>
  T item() const;  // the one element, converted
  template <class T>
  std::vector<T> to_vector() const;  // row-major, converted
  template <class T>
  const T* data() const {  // valid while the tensor lives; TypeError when T is not the dtype's type
    return static_cast<const T*>(memory(dtype_of<T>));
  }
  const void* data() const;
  template <class T>
  requires std::is_arithmetic_v<T>
  explicit operator T() const { return item<T>(); }

  Tensor operator[](int64_t index) const;  // along the first axis; negative counts from the end

  // Which timesteps count, as Keras's masks; layers pass it on, ops drop it.
  Tensor mask() const;
  Tensor with_mask(Tensor mask) const;

  // --- for the library's own rooms ---
  explicit Tensor(ir::Value value);
  Tensor(std::shared_ptr<const keras::SymbolicTensor> symbolic, ir::Spec spec);
  const ir::Value& value() const;
  ir::Spec spec() const;
  bool is_symbolic() const;
  const std::shared_ptr<const keras::SymbolicTensor>& symbolic() const;
  bool is_number() const;  // made from a C++ number: weak in promotion
  double number() const;   // that number

 private:
  struct Impl;
  static Tensor number_tensor(double number, bool floating, bool boolean);
  static Tensor copy_of(const void* elements, std::size_t count, DType dtype, Shape shape);
  const void* memory(DType expected) const;
  std::shared_ptr<const Impl> impl_;
};

template <class T>
std::vector<T> Tensor::to_vector() const {
  std::vector<T> out(static_cast<std::size_t>(size()));
  dispatch(dtype(), [&]<class S>(S) {
    const S* from = data<S>();
    for (std::size_t i = 0; i < out.size(); ++i) {
      if constexpr (std::is_same_v<S, T>) out[i] = from[i];
      else if constexpr (std::is_class_v<S> || std::is_class_v<T>) out[i] = static_cast<T>(static_cast<float>(from[i]));
      else out[i] = static_cast<T>(from[i]);
    }
  });
  return out;
}
template <class T>
T Tensor::item() const {
  if (size() != 1) throw error<ValueError>("item() needs a tensor with one element. Received: shape={}", to_string(shape()));
  return to_vector<T>()[0];
}

CORNU_API std::ostream& operator<<(std::ostream& out, const Tensor& tensor);

// Computes tensors now, together.
CORNU_API void evaluate(const std::vector<Tensor>& tensors);

// Arithmetic, element by element, with numpy's broadcasting and Keras's promotion.
CORNU_API Tensor operator+(const Tensor& a, const Tensor& b);
CORNU_API Tensor operator-(const Tensor& a, const Tensor& b);
CORNU_API Tensor operator*(const Tensor& a, const Tensor& b);
CORNU_API Tensor operator/(const Tensor& a, const Tensor& b);
CORNU_API Tensor operator-(const Tensor& a);

}  // namespace cornu
