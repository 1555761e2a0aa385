#pragma once

#include <functional>
#include <optional>

#include "cornu/function.h"
#include "cornu/keras/dtype_policy.h"
#include "cornu/keras/serializable.h"

namespace cornu::keras {

// The last members of every loss's struct of arguments. `reduction`: see LossImpl.
#define KERAS_LOSS_ARGS(default_name)                           \
  std::optional<std::string> reduction = "sum_over_batch_size"; \
  std::string name = default_name;                              \
  ::cornu::keras::DTypePolicy dtype = ::cornu::keras::config::floatx()

// A function of targets and predictions that training makes small.
class CORNU_API LossImpl : public Serializable {
 public:
  LossImpl(std::string name, std::optional<std::string> reduction, DTypePolicy dtype = config::floatx());
  std::string module_name() const override { return "keras.losses"; }
  // One value an example: y_true and y_pred of shape (batch, ...) give (batch, ...).
  virtual Tensor call(const Tensor& y_true, const Tensor& y_pred) const = 0;
  // Reduced: "sum_over_batch_size" (also "mean"; the sum divided by the number of values), "sum", "mean_with_sample_weight" or
  // "none", as no reduction is: one value an example. A mask on y_pred, or one that `call` gives its values, leaves values out.
  Tensor operator()(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight = {}) const;
  const std::string& name() const { return name_; }
  const std::optional<std::string>& reduction() const { return reduction_; }
  Json get_config() const override;

 protected:
  // Adds a class's own arguments.
  virtual void write_config(Json&) const {}
  std::string name_;
  std::optional<std::string> reduction_;
  DTypePolicy dtype_;
};

// A name ("categorical_crossentropy", "mse"), an object from keras::losses, or a function of (y_true, y_pred).
class CORNU_API Loss {
 public:
  using Function = std::function<Tensor(const Tensor& y_true, const Tensor& y_pred)>;
  Loss() = default;  // none: this output is not trained
  Loss(const char* name) : Loss(std::string(name)) {}
  Loss(const std::string& name);  // ValueError lists the known names
  Loss(std::shared_ptr<const LossImpl> impl) : impl_(std::move(impl)) {}
  Loss(Function function, std::string name = "loss_fn");
  explicit operator bool() const { return impl_ != nullptr; }
  Tensor operator()(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight = {}) const {
    return (*impl_)(y_true, y_pred, sample_weight);
  }
  const LossImpl* operator->() const { return impl_.get(); }
  const std::shared_ptr<const LossImpl>& impl() const { return impl_; }
  // What the user wrote, where it was a name: files and "accuracy" want it.
  const std::string& identifier() const { return identifier_; }

 private:
  std::shared_ptr<const LossImpl> impl_;
  std::string identifier_;
};

}  // namespace cornu::keras
