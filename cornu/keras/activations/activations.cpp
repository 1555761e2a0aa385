#include "cornu/keras/activations/activations.h"

#include <nlohmann/json.hpp>

#include "cornu/keras/ops/nn.h"
#include "cornu/keras/ops/numpy.h"
#include "cornu/keras/saving/serialization.h"

namespace cornu::keras {
namespace activations {

Tensor linear(const Tensor& x) { return x; }

Tensor relu(const Tensor& x, double negative_slope, std::optional<double> max_value, double threshold) {
  Tensor out;
  if (negative_slope == 0 && threshold == 0) {
    out = ops::relu(x);
  } else {
    // x above the threshold, (x - threshold) * slope below it.
    const Tensor below = negative_slope == 0 ? Tensor(0.0) : (x - threshold) * negative_slope;
    out = ops::where(ops::greater(x, threshold), x, below);
  }
  return max_value ? ops::minimum(out, *max_value) : out;
}

Tensor leaky_relu(const Tensor& x, double negative_slope) { return ops::leaky_relu(x, negative_slope); }
Tensor elu(const Tensor& x, double alpha) { return ops::elu(x, alpha); }
Tensor gelu(const Tensor& x, bool approximate) { return ops::gelu(x, approximate); }
Tensor softmax(const Tensor& x, int axis) { return ops::softmax(x, axis); }
Tensor mish(const Tensor& x) { return x * ops::tanh(ops::softplus(x)); }

std::span<const ActivationRow> registry() {
  static const ActivationRow rows[] = {
      {{"linear"}, linear},
      {{"relu", "ReLU"}, +[](const Tensor& x) { return relu(x); }},
      {{"relu6", "ReLU6"}, +[](const Tensor& x) { return ops::relu6(x); }},
      {{"softmax", "Softmax"}, +[](const Tensor& x) { return softmax(x); }},
      {{"log_softmax", "LogSoftmax"}, +[](const Tensor& x) { return ops::log_softmax(x, -1); }},
      {{"sigmoid"}, +[](const Tensor& x) { return ops::sigmoid(x); }},
      {{"tanh"}, +[](const Tensor& x) { return ops::tanh(x); }},
      {{"softplus"}, +[](const Tensor& x) { return ops::softplus(x); }},
      {{"softsign"}, +[](const Tensor& x) { return ops::softsign(x); }},
      {{"elu", "ELU"}, +[](const Tensor& x) { return elu(x); }},
      {{"selu"}, +[](const Tensor& x) { return ops::selu(x); }},
      {{"gelu"}, +[](const Tensor& x) { return gelu(x); }},
      {{"silu", "swish"}, +[](const Tensor& x) { return ops::silu(x); }},
      {{"celu"}, +[](const Tensor& x) { return ops::celu(x); }},
      {{"glu"}, +[](const Tensor& x) { return ops::glu(x); }},
      {{"squareplus"}, +[](const Tensor& x) { return ops::squareplus(x); }},
      {{"soft_shrink"}, +[](const Tensor& x) { return ops::soft_shrink(x); }},
      {{"hard_shrink"}, +[](const Tensor& x) { return ops::hard_shrink(x); }},
      {{"hard_tanh"}, +[](const Tensor& x) { return ops::hard_tanh(x); }},
      {{"tanh_shrink"}, +[](const Tensor& x) { return ops::tanh_shrink(x); }},
      {{"sparse_plus"}, +[](const Tensor& x) { return ops::sparse_plus(x); }},
      {{"sparse_sigmoid"}, +[](const Tensor& x) { return ops::sparse_sigmoid(x); }},
      {{"sparsemax"}, +[](const Tensor& x) { return ops::sparsemax(x); }},
      {{"mish"}, mish},
      {{"exponential"}, +[](const Tensor& x) { return ops::exp(x); }},
      {{"leaky_relu", "LeakyReLU"}, +[](const Tensor& x) { return leaky_relu(x); }},
      {{"log_sigmoid"}, +[](const Tensor& x) { return ops::log_sigmoid(x); }},
      {{"hard_sigmoid"}, +[](const Tensor& x) { return ops::hard_sigmoid(x); }},
      {{"hard_silu", "hard_swish"}, +[](const Tensor& x) { return ops::hard_silu(x); }},
  };
  return rows;
}

}  // namespace activations

ActivationFunction::ActivationFunction(const std::string& name) {
  std::string known;
  for (const auto& row : activations::registry()) {
    for (const char* alias : row.names)
      if (name == alias || (name.empty() && std::string_view(alias) == "linear")) {
        name_ = row.names[0];
        function_ = row.function;
        return;
      }
    known += (known.empty() ? "" : ", ") + std::string(row.names[0]);
  }
  name_ = name;
  if ((function_ = saving::get_registered_function<Function>(name))) return;
  throw error<ValueError>("Could not interpret activation function identifier: '{}'. Known: {}", name, known);
}

void write_json(const ActivationFunction& activation, Json& out) {
  for (const auto& row : activations::registry())
    if (activation.name() == row.names[0]) return void(out = activation.name());
  out = serialize_function(activation.name());
}
void read_json(const Json& json, ActivationFunction& activation) {
  const ObjectConfig found = object_config(json);
  try {
    activation = ActivationFunction(found.class_name);  // "" is linear
  } catch (const ValueError&) {
    if (json.is_string()) throw;
    refuse_class(found);
  }
}

}  // namespace cornu::keras
