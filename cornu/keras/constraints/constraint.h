#pragma once

#include "cornu/keras/serializable.h"
#include "cornu/tensor.h"

namespace cornu::keras {

// Applied to a weight after each update.
class CORNU_API ConstraintImpl : public Serializable {
 public:
  std::string module_name() const override { return "keras.constraints"; }
  virtual Tensor call(const Tensor& w) const = 0;
};

// A name ("non_neg"), an object from keras::constraints, or nothing.
class CORNU_API Constraint {
 public:
  Constraint() = default;
  Constraint(const char* name) : Constraint(std::string(name)) {}
  Constraint(const std::string& name);  // ValueError for an unknown name; "" is none
  Constraint(std::shared_ptr<const ConstraintImpl> impl) : impl_(std::move(impl)) {}
  explicit operator bool() const { return impl_ != nullptr; }
  Tensor operator()(const Tensor& w) const { return impl_->call(w); }
  const ConstraintImpl* operator->() const { return impl_.get(); }
  const std::shared_ptr<const ConstraintImpl>& impl() const { return impl_; }

 private:
  std::shared_ptr<const ConstraintImpl> impl_;
};

// As a field of a layer's arguments: files hold the whole object.
CORNU_API void write_json(const Constraint& constraint, Json& out);
CORNU_API void read_json(const Json& json, Constraint& constraint);

}  // namespace cornu::keras
