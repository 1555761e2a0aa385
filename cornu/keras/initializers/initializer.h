#pragma once

#include "cornu/keras/serializable.h"
#include "cornu/tensor.h"

namespace cornu::keras {

// Makes the first value of a weight.
class CORNU_API InitializerImpl : public Serializable {
 public:
  std::string module_name() const override { return "keras.initializers"; }
  virtual Tensor call(const Shape& shape, DType dtype) const = 0;
};

// A name ("glorot_uniform", "zeros"), an object from keras::initializers, or nothing (an argument's default).
class CORNU_API Initializer {
 public:
  Initializer() = default;
  Initializer(const char* name) : Initializer(std::string(name)) {}
  Initializer(const std::string& name);  // ValueError for an unknown name
  Initializer(std::shared_ptr<const InitializerImpl> impl) : impl_(std::move(impl)) {}
  explicit operator bool() const { return impl_ != nullptr; }
  Tensor operator()(const Shape& shape, DType dtype = float32) const { return impl_->call(shape, dtype); }
  const InitializerImpl* operator->() const { return impl_.get(); }
  const std::shared_ptr<const InitializerImpl>& impl() const { return impl_; }

 private:
  std::shared_ptr<const InitializerImpl> impl_;
};

// As a field of a layer's arguments: files hold the whole object.
CORNU_API void write_json(const Initializer& initializer, Json& out);
CORNU_API void read_json(const Json& json, Initializer& initializer);

}  // namespace cornu::keras
