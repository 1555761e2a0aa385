#include "cornu/keras/ops/function_record.h"
#include "cornu/keras/ops/nn.h"
#include "cornu/keras/ops/promote.h"
#include "cornu/ops/softmax/softmax.h"
#include "cornu/ops/view/view.h"

namespace cornu::keras::ops {
namespace {

struct AlphaArgs {
  double alpha = 1.0;
};
struct SlopeArgs {
  double negative_slope = 0.2;
};
struct ApproximateArgs {
  bool approximate = true;
};
struct AxisArgs {
  IntOrList axis = -1;
};

Value relu6_of(const Value& x) { return low::clip(x, low::full_like(x, 0), low::full_like(x, 6)); }
Value softsign_of(const Value& x) { return x / (low::abs(x) + 1.0); }
Value silu_of(const Value& x) { return x * low::sigmoid(x); }
Value hard_sigmoid_of(const Value& x) { return relu6_of(x + 3.0) / 6.0; }
Value hard_silu_of(const Value& x) { return x * hard_sigmoid_of(x); }
// The branch that is not taken must not overflow, nor must its gradient.
Value elu_of(const Value& x, double alpha) {
  const Value zero = low::full_like(x, 0), positive = low::greater(x, zero);
  return low::select(positive, x, low::expm1(low::select(positive, zero, x)) * alpha);
}
Value selu_of(const Value& x) { return elu_of(x, 1.6732632423543772848170429916717) * 1.0507009873554804934193349852946; }
Value sigmoid_of(const Value& x) { return low::sigmoid(x); }
Value softplus_of(const Value& x) { return low::softplus(x); }
Value log_sigmoid_of(const Value& x) { return low::log_sigmoid(x); }

Value gelu_of(const Value& x, bool approximate) {
  if (!approximate) return x * 0.5 * (low::erf(x * 0.70710678118654752440) + 1.0);
  const Value inner = (x + x * x * x * 0.044715) * 0.79788456080286535588;
  return x * 0.5 * (low::tanh(inner) + 1.0);
}

// Along one axis, or several taken as one.
Value along(const IntOrList& axis, const Value& x, Value (*f)(const Value&, int)) {
  if (!axis.is_list() || axis.values().size() == 1) return f(x, axis.is_none() ? -1 : static_cast<int>(axis.values()[0]));
  const auto axes = normalize_axes(axis.as_ints(), x.shape().rank(), "softmax", false);
  std::vector<int> order, back(x.shape().rank());
  for (int i = 0; i < x.shape().rank(); ++i)
    if (std::find(axes.begin(), axes.end(), i) == axes.end()) order.push_back(i);
  order.insert(order.end(), axes.begin(), axes.end());
  for (std::size_t i = 0; i < order.size(); ++i) back[order[i]] = static_cast<int>(i);
  const Value moved = low::transpose(x, order);
  Shape flat;
  for (int i = 0; i < x.shape().rank() - static_cast<int>(axes.size()); ++i) flat.push_back(moved.shape()[i]);
  flat.push_back(-1);
  return low::transpose(low::reshape(f(low::reshape(moved, flat), -1), moved.shape()), back);
}

// Of any number, whose dtype stays.
Value relu_body(const NoArgs&, const Tensor& x) {
  const Value v = in_number(x);
  return v.dtype().is_floating() ? low::relu(v) : low::maximum(v, low::full_like(v, 0));
}

const OpFunction relu_function{"relu", "Relu", kNnModule, &relu_body};
const OpFunction relu6_function{"relu6", "Relu6", kNnModule, &float_body<relu6_of>};
const OpFunction sigmoid_function{"sigmoid", "Sigmoid", kNnModule, &float_body<sigmoid_of>};
const OpFunction softplus_function{"softplus", "Softplus", kNnModule, &float_body<softplus_of>};
const OpFunction softsign_function{"softsign", "Softsign", kNnModule, &float_body<softsign_of>};
const OpFunction silu_function{"silu", "Silu", kNnModule, &float_body<silu_of>};
const OpFunction log_sigmoid_function{"log_sigmoid", "LogSigmoid", kNnModule, &float_body<log_sigmoid_of>};
const OpFunction hard_sigmoid_function{"hard_sigmoid", "HardSigmoid", kNnModule, &float_body<hard_sigmoid_of>};
const OpFunction hard_silu_function{"hard_silu", "HardSilu", kNnModule, &float_body<hard_silu_of>};
const OpFunction selu_function{"selu", "Selu", kNnModule, &float_body<selu_of>};
const OpFunction elu_function{"elu", "Elu", kNnModule, +[](const AlphaArgs& args, const Tensor& x) -> Value {
                                return in_wide(in_float(x), [&](const Value& v) { return elu_of(v, args.alpha); });
                              }};
const OpFunction leaky_relu_function{"leaky_relu", "LeakyRelu", kNnModule, +[](const SlopeArgs& args, const Tensor& x) -> Value {
                                       const Value v = in_float(x);
                                       return low::select(low::greater(v, low::full_like(v, 0)), v, v * args.negative_slope);
                                     }};
const OpFunction gelu_function{"gelu", "Gelu", kNnModule, +[](const ApproximateArgs& args, const Tensor& x) -> Value {
                                 return in_wide(in_float(x), [&](const Value& v) { return gelu_of(v, args.approximate); });
                               }};
const OpFunction softmax_function{"softmax", "Softmax", kNnModule, +[](const AxisArgs& args, const Tensor& x) -> Value {
                                    return along(args.axis, in_float(x), low::softmax);
                                  }};
const OpFunction log_softmax_function{
    "log_softmax", "LogSoftmax", kNnModule,
    +[](const AxisArgs& args, const Tensor& x) -> Value { return along(args.axis, in_float(x), low::log_softmax); }};

}  // namespace

#define CORNU_NN_UNARY(name) \
  Tensor name(const Tensor& x) { return name##_function({}, x); }
CORNU_NN_UNARY(relu)
CORNU_NN_UNARY(relu6)
CORNU_NN_UNARY(sigmoid)
CORNU_NN_UNARY(softplus)
CORNU_NN_UNARY(softsign)
CORNU_NN_UNARY(silu)
CORNU_NN_UNARY(log_sigmoid)
CORNU_NN_UNARY(hard_sigmoid)
CORNU_NN_UNARY(hard_silu)
CORNU_NN_UNARY(selu)
#undef CORNU_NN_UNARY
Tensor elu(const Tensor& x, double alpha) { return elu_function({alpha}, x); }
Tensor leaky_relu(const Tensor& x, double negative_slope) { return leaky_relu_function({negative_slope}, x); }
Tensor gelu(const Tensor& x, bool approximate) { return gelu_function({approximate}, x); }
Tensor softmax(const Tensor& x, const IntOrList& axis) { return softmax_function({axis}, x); }
Tensor log_softmax(const Tensor& x, const IntOrList& axis) { return log_softmax_function({axis}, x); }

FunctionList nn_activation_functions() {
  static const FunctionRecord* const list[] = {
      &relu_function, &relu6_function,       &sigmoid_function, &softplus_function,     &softsign_function,
      &silu_function, &log_sigmoid_function, &elu_function,     &hard_sigmoid_function, &hard_silu_function,
      &selu_function, &leaky_relu_function,  &gelu_function,    &softmax_function,      &log_softmax_function,
  };
  return list;
}

}  // namespace cornu::keras::ops
