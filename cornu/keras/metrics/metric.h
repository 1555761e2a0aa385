#pragma once

#include <functional>
#include <optional>

#include "cornu/function.h"
#include "cornu/keras/dtype_policy.h"
#include "cornu/keras/serializable.h"
#include "cornu/keras/trackable.h"

namespace cornu::keras {

// Whether a metric should fall or grow: what a callback's mode "auto" means.
enum class MetricDirection : uint8_t { unknown, down, up };

// Something watched over the batches of an epoch: state in variables, updated in the step, read when somebody looks.
class CORNU_API MetricImpl : public Serializable, public Trackable {
 public:
  explicit MetricImpl(std::string name, DTypePolicy dtype = config::floatx());
  std::string module_name() const override { return "keras.metrics"; }
  std::string trackable_name() const override;
  const std::string& name() const { return name_; }
  void set_name(std::string name) { name_ = std::move(name); }
  DType dtype() const { return dtype_.compute_dtype(); }
  virtual void update_state(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight = {}) = 0;
  virtual Tensor result() const = 0;
  virtual void reset_state();  // zeros, unless overridden
  const std::vector<Variable>& variables() const { return variables_; }
  std::vector<Variable> own_variables() const override { return variables_; }
  virtual MetricDirection direction() const { return MetricDirection::unknown; }
  // Updates and gives the new result.
  Tensor operator()(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight = {});
  Json get_config() const override;

 protected:
  // Zeros, or `value` everywhere; of the metric's dtype, or another.
  Variable add_variable(const std::string& name, Shape shape, double value = 0, std::optional<DType> dtype = {});
  // ValueError: a variable that the first update makes is not there yet.
  void check_has_state(const Variable& variable) const;
  // ValueError: y_true and y_pred are not (batch, columns).
  void check_columns(const Tensor& y_true, const Tensor& y_pred) const;

 private:
  std::string name_;
  DTypePolicy dtype_;
  std::vector<Variable> variables_;
};

// A name ("accuracy", "mse"), an object from keras::metrics, or a function of (y_true, y_pred) whose mean is watched.
class CORNU_API Metric {
 public:
  using Function = std::function<Tensor(const Tensor& y_true, const Tensor& y_pred)>;
  Metric() = default;
  Metric(const char* name) : identifier_(name) {}
  Metric(const std::string& name) : identifier_(name) {}  // resolved when the model's outputs are known ("accuracy")
  Metric(std::shared_ptr<MetricImpl> impl) : impl_(std::move(impl)) {}
  Metric(Function function, std::string name, MetricDirection direction = MetricDirection::unknown);
  MetricImpl* operator->() const { return impl_.get(); }
  const std::shared_ptr<MetricImpl>& impl() const { return impl_; }
  const std::string& identifier() const { return identifier_; }

 private:
  std::shared_ptr<MetricImpl> impl_;
  std::string identifier_;
};

}  // namespace cornu::keras
