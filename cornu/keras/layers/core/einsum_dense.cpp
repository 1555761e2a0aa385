#include "cornu/keras/layers/core/einsum_dense.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <nlohmann/json.hpp>

#include "cornu/keras/layers/config.h"
#include "cornu/keras/ops/numpy.h"

namespace cornu::keras::layers {
namespace {

struct Equation {
  std::string input, kernel, output;  // labels
  bool left = false, right = false;   // where "..." stands, in the input and the output alike
};

bool are_labels(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isalpha(c); });
}

// Takes "..." off one end; was it there?
bool take_dots(std::string& text, bool front) {
  const std::size_t at = front ? 0 : text.size() - std::min<std::size_t>(text.size(), 3);
  if (text.compare(at, 3, "...") != 0) return false;
  text.erase(at, 3);
  return true;
}

Equation parse(const std::string& text) {
  const std::size_t comma = text.find(','), arrow = text.find("->");
  Equation e;
  bool fits = comma != std::string::npos && arrow != std::string::npos && comma < arrow;
  if (fits) {
    e.input = text.substr(0, comma);
    e.kernel = text.substr(comma + 1, arrow - comma - 1);
    e.output = text.substr(arrow + 2);
    e.left = take_dots(e.input, true);
    e.right = !e.left && take_dots(e.input, false);
    fits = take_dots(e.output, true) == e.left;
    fits = (e.left || take_dots(e.output, false) == e.right) && fits;
  }
  if (!fits || !are_labels(e.input) || !are_labels(e.kernel) || !are_labels(e.output))
    throw error<ValueError>(
        "Invalid einsum equation '{}'. Equations must be in the form [X],[Y]->[Z], ...[X],[Y]->...[Z], or [X]...,[Y]->[Z]....",
        text);
  return e;
}

// What an equation says of the dims of one input.
class Dims {
 public:
  Dims(const Equation& equation, const Shape& input, const Shape& output)
      : equation_(equation), elided_(input.rank() - int(equation.input.size())) {
    if (elided_ < 0 || (elided_ > 0 && !equation.left && !equation.right))
      throw error<ValueError>("The equation's input '{}' does not fit an input of shape {}.", equation.input, to_string(input));
    Shape whole{input[0]};
    if (equation.left)
      for (int i = 1; i < elided_; ++i) whole.push_back(input[i]);
    for (int64_t dim : output) whole.push_back(dim);
    const int before = equation.left ? elided_ : 0;  // what stands before the labels
    if (whole.rank() != int(equation.output.size()) + before)
      throw error<ValueError>("The equation's output '{}' and `output_shape` do not match. Received: output_shape={}",
                              equation.output, to_string(output));
    for (std::size_t i = 0; i < equation.input.size(); ++i) input_[equation.input[i]] = input[int(i) + before];
    for (std::size_t i = 0; i < equation.output.size(); ++i) output_[equation.output[i]] = whole[int(i) + before];
    check();
  }

  // Which of the kernel's axes are sums' and which are the output's.
  std::vector<int> kernel_axes(bool of_output) const {
    std::vector<int> out;
    for (std::size_t i = 0; i < equation_.kernel.size(); ++i)
      if (output_.contains(equation_.kernel[i]) == of_output) out.push_back(int(i));
    return out;
  }
  Shape kernel() const {
    Shape out;
    for (char label : equation_.kernel) {
      const auto found = output_.find(label);
      out.push_back(found == output_.end() ? input_.at(label) : found->second);
      if (out[-1] == Shape::kUnknown)
        throw error<ValueError>("The dimension '{}' of the kernel is unknown: give it in `output_shape`.", label);
    }
    return out;
  }
  // From its first axis on; of one where it has none.
  Shape bias(const std::string& axes) const {
    if (axes.empty()) throw ValueError("`bias_axes` names no dimension. Leave it out for no bias.");
    std::size_t first = equation_.output.size();
    for (char label : axes) {
      const std::size_t at = equation_.output.find(label);
      if (at == std::string::npos)
        throw error<ValueError>("Bias dimension '{}' was requested, but is not part of the output spec '{}'", label,
                                equation_.output);
      first = std::min(first, at);
    }
    Shape out;
    for (char label : equation_.output.substr(first))
      out.push_back(axes.find(label) == std::string::npos ? 1 : output_.at(label));
    for (int i = 0; i < (equation_.left ? 0 : elided_); ++i) out.push_back(1);
    return out;
  }

 private:
  void check() const {
    for (const auto& [label, dim] : input_)
      if (const auto made = output_.find(label); made != output_.end() && made->second != Shape::kUnknown && made->second != dim)
        throw error<ValueError>(
            "Input shape and output shape do not match at shared dimension '{}'. Input shape is {}, and output shape is {}.",
            label, dim, made->second);
    for (const auto& [label, dim] : output_)
      if (!input_.contains(label) && equation_.kernel.find(label) == std::string::npos)
        throw error<ValueError>("Dimension '{}' of the output '{}' stands neither in the input '{}' nor in the weight '{}'.",
                                label, equation_.output, equation_.input, equation_.kernel);
    for (char label : equation_.kernel)
      if (!input_.contains(label) && !output_.contains(label))
        throw error<ValueError>(
            "Weight dimension '{}' did not have a match in either the input spec '{}' or the output spec '{}'. For this layer, "
            "the weight must be fully specified.",
            label, equation_.input, equation_.output);
  }

  const Equation& equation_;
  int elided_;  // how many axes "..." stands for
  std::map<char, int64_t> input_, output_;
};

// One that scales by the kernel's fans is told which axes these are.
Initializer of_fans(const Initializer& initializer, const Dims& dims) {
  Json json;
  write_json(initializer, json);
  Json& config = json["config"];
  if (!config.contains("input_axes") || !(config["input_axes"].is_null() || config["output_axes"].is_null())) return initializer;
  config["input_axes"] = dims.kernel_axes(false);
  config["output_axes"] = dims.kernel_axes(true);
  Initializer out;
  read_json(json, out);
  return out;
}

}  // namespace

EinsumDenseImpl::EinsumDenseImpl(std::string equation, Shape output_shape, EinsumDenseArgs args)
    : LayerImpl(base_args(args)), equation_(std::move(equation)), output_shape_(std::move(output_shape)), args_(std::move(args)) {
  set_activity_regularizer(args_.activity_regularizer);
}

void EinsumDenseImpl::build(const Shape& input_shape) {
  const Equation equation = parse(equation_);
  const Dims dims(equation, input_shape, output_shape_);
  kernel_ = add_weight("kernel", dims.kernel(),
                       {.initializer = of_fans(args_.kernel_initializer, dims),
                        .regularizer = args_.kernel_regularizer,
                        .constraint = args_.kernel_constraint});
  if (args_.bias_axes)
    bias_ = add_weight(
        "bias", dims.bias(*args_.bias_axes),
        {.initializer = args_.bias_initializer, .regularizer = args_.bias_regularizer, .constraint = args_.bias_constraint});
}

Tensor EinsumDenseImpl::call(const Tensor& x, const CallContext&) {
  Tensor out = ops::einsum(equation_, {x, kernel_});
  if (bias_.exists()) out = out + bias_.value();
  return args_.activation(out);
}

void EinsumDenseImpl::write_config(LayerConfig& config) const {
  config.add("output_shape", output_shape_).add("equation", equation_).add(args_).add_null("quantization_config");
}

Handle<EinsumDenseImpl> EinsumDense(std::string equation, Shape output_shape, EinsumDenseArgs args) {
  return make<EinsumDenseImpl>(std::move(equation), std::move(output_shape), std::move(args));
}

}  // namespace cornu::keras::layers
