#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cornu/keras/serializable.h"
#include "cornu/keras/trackable.h"

namespace cornu::keras {

// keras.optimizers.Optimizer: updates variables from gradients. Its state (iterations, learning_rate, one variable a slot and
// weight) is in `variables()`, in the order of files.
class CORNU_API OptimizerImpl : public Serializable, public Trackable {
 public:
  std::string module_name() const override { return "keras.optimizers"; }
  virtual const std::string& name() const = 0;
  // Makes the slots for these weights; done by apply. Weights that come later get theirs then, others keep theirs. Files hold those
  // of the weights of the last build (`own_variables()`), as if they had been the first.
  virtual void build(const std::vector<Variable>& variables) = 0;
  virtual bool built() const = 0;
  // One update. A gradient may be missing (an empty Tensor): the weight stays. Inside a trace the update is part of it.
  virtual void apply(const std::vector<Tensor>& grads, const std::vector<Variable>& variables) = 0;
  virtual Tensor iterations() const = 0;                     // updates made; accumulating gradients makes them fewer than steps
  virtual Tensor learning_rate() const = 0;                  // the current value; of a schedule, at the current iteration
  virtual void set_learning_rate(double learning_rate) = 0;  // TypeError with a schedule
  virtual std::vector<Variable> variables() const = 0;
  // The loss that is differentiated (loss scaling), and what else must happen around training.
  virtual Tensor scale_loss(const Tensor& loss) const { return loss; }
  // Each weight with its moving average; empty for an optimizer that keeps none.
  virtual std::vector<std::pair<Variable, Variable>> averages() const { return {}; }
  virtual void finalize_variable_values(const std::vector<Variable>&) {
  }  // weights become their moving averages, at the end of fit
};

// A name ("adam"), or an object from keras::optimizers.
class CORNU_API Optimizer {
 public:
  Optimizer() = default;
  Optimizer(const char* name) : Optimizer(std::string(name)) {}
  Optimizer(const std::string& name);  // ValueError lists the known names
  Optimizer(std::shared_ptr<OptimizerImpl> impl) : impl_(std::move(impl)) {}
  explicit operator bool() const { return impl_ != nullptr; }
  OptimizerImpl* operator->() const { return impl_.get(); }
  const std::shared_ptr<OptimizerImpl>& impl() const { return impl_; }

 private:
  std::shared_ptr<OptimizerImpl> impl_;
};

}  // namespace cornu::keras
