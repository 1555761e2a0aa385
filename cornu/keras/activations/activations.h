#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cornu/base/json.h"
#include "cornu/tensor.h"

namespace cornu::keras {

// A name ("relu"), or a function of a tensor; nothing is linear.
class CORNU_API ActivationFunction {
 public:
  using Function = std::function<Tensor(const Tensor&)>;
  ActivationFunction() : ActivationFunction("linear") {}
  ActivationFunction(const char* name) : ActivationFunction(std::string(name)) {}
  ActivationFunction(const std::string& name);  // ValueError lists the known names
  ActivationFunction(Function function, std::string name) : name_(std::move(name)), function_(std::move(function)) {}
  Tensor operator()(const Tensor& x) const { return function_(x); }
  const std::string& name() const { return name_; }
  bool is_linear() const { return name_ == "linear"; }

 private:
  std::string name_;
  Function function_;
};
CORNU_API void write_json(const ActivationFunction& activation, Json& out);
CORNU_API void read_json(const Json& json, ActivationFunction& activation);

namespace activations {

CORNU_API Tensor linear(const Tensor& x);
CORNU_API Tensor relu(const Tensor& x, double negative_slope = 0.0, std::optional<double> max_value = {}, double threshold = 0.0);
CORNU_API Tensor leaky_relu(const Tensor& x, double negative_slope = 0.2);
CORNU_API Tensor elu(const Tensor& x, double alpha = 1.0);
CORNU_API Tensor gelu(const Tensor& x, bool approximate = false);
CORNU_API Tensor softmax(const Tensor& x, int axis = -1);
CORNU_API Tensor mish(const Tensor& x);  // x tanh(softplus(x)). Misra, 2019

struct ActivationRow {
  std::vector<const char*> names;  // the first is the one that files say
  Tensor (*function)(const Tensor& x);
};
CORNU_API std::span<const ActivationRow> registry();

}  // namespace activations
}  // namespace cornu::keras
