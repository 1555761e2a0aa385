#pragma once

#include "cornu/keras/serializable.h"
#include "cornu/tensor.h"

namespace cornu::keras {

// A penalty on a weight or an output, added to the loss.
class CORNU_API RegularizerImpl : public Serializable {
 public:
  std::string module_name() const override { return "keras.regularizers"; }
  virtual Tensor call(const Tensor& x) const = 0;
};

// A name ("l2"), an object from keras::regularizers, or nothing.
class CORNU_API Regularizer {
 public:
  Regularizer() = default;
  Regularizer(const char* name) : Regularizer(std::string(name)) {}
  Regularizer(const std::string& name);  // ValueError for an unknown name; "" is none
  Regularizer(std::shared_ptr<const RegularizerImpl> impl) : impl_(std::move(impl)) {}
  explicit operator bool() const { return impl_ != nullptr; }
  Tensor operator()(const Tensor& x) const { return impl_->call(x); }
  const RegularizerImpl* operator->() const { return impl_.get(); }
  const std::shared_ptr<const RegularizerImpl>& impl() const { return impl_; }

 private:
  std::shared_ptr<const RegularizerImpl> impl_;
};

// As a field of a layer's arguments: files hold the whole object.
CORNU_API void write_json(const Regularizer& regularizer, Json& out);
CORNU_API void read_json(const Json& json, Regularizer& regularizer);

}  // namespace cornu::keras
