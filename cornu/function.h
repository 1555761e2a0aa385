#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "cornu/tensor.h"
#include "cornu/variable.h"

namespace cornu {

using TensorNest = Nest<Tensor>;

// The gradients of a scalar (or of the sum of a tensor) with respect to tensors it was computed from or to variables it read;
// an empty Tensor where it does not depend on one. Gradients are graphs: they can be differentiated again.
// Works inside a traced function and on tensors whose computation has not run yet (reading runs it, and so does a chain of more
// than 256 operations outside of a trace); see value_and_grad for the rest.
CORNU_API std::vector<Tensor> gradients(const Tensor& target, const std::vector<Tensor>& sources);
CORNU_API std::vector<Tensor> gradients(const Tensor& target, const std::vector<Variable>& sources);

// f and its gradients with respect to all arguments: value_and_grad([](auto& x) { return ops::sum(x[0] * x[0]); })({a}).
struct ValueAndGrad {
  Tensor value;
  std::vector<Tensor> grads;
};
CORNU_API std::function<ValueAndGrad(const std::vector<Tensor>&)> value_and_grad(
    std::function<Tensor(const std::vector<Tensor>&)> f);

// A function traced once for each structure, shapes and dtypes of its arguments, and then run as one program. Variables that
// it reads and assigns are its state.
class CORNU_API Function {
 public:
  explicit Function(std::function<TensorNest(const TensorNest&)> f, std::string name = "function");
  TensorNest operator()(const TensorNest& arguments) const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};
CORNU_API Function jit(std::function<TensorNest(const TensorNest&)> f);

}  // namespace cornu
