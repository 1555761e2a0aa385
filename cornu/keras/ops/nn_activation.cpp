#include "cornu/keras/ops/core.h"
#include "cornu/keras/ops/function_record.h"
#include "cornu/keras/ops/nn.h"
#include "cornu/keras/ops/numpy.h"
#include "cornu/keras/ops/promote.h"
#include "cornu/ops/concat/concat.h"
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
struct ShrinkArgs {
  double threshold = 0.5;
};
struct ThresholdArgs {
  double threshold = 0, default_value = 0;
};
struct SquareplusArgs {
  double b = 4;
};
struct ApproximateArgs {
  bool approximate = true;
};
struct AxisArgs {
  IntOrList axis = -1;
};
struct OneAxisArgs {
  int axis = -1;
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

Value hard_tanh_of(const Value& x) { return low::clip(x, low::full_like(x, -1), low::full_like(x, 1)); }
Value tanh_shrink_of(const Value& x) { return x - low::tanh(x); }
Value sparse_plus_of(const Value& x) {
  const Value one = low::ones_like(x), middle = low::square(x + 1.0) / 4.0;
  return low::select(low::less_equal(x, -one), low::zeros_like(x), low::select(low::greater_equal(x, one), x, middle));
}
Value sparse_sigmoid_of(const Value& x) { return low::clip(x + 1.0, low::full_like(x, 0), low::full_like(x, 2)) * 0.5; }
Value celu_of(const Value& x, double alpha) {
  const Value zero = low::full_like(x, 0);
  return low::maximum(x, zero) + low::expm1(low::minimum(x, zero) / alpha) * alpha;
}
Value squareplus_of(const Value& x, double b) { return (x + low::sqrt(low::square(x) + b)) / 2.0; }
Value hard_shrink_of(const Value& x, double threshold) {
  return low::select(low::greater(low::abs(x), low::full_like(x, threshold)), x, low::zeros_like(x));
}
Value soft_shrink_of(const Value& x, double threshold) {
  const Value below = low::select(low::less(x, low::full_like(x, -threshold)), x + threshold, low::zeros_like(x));
  return low::select(low::greater(x, low::full_like(x, threshold)), x - threshold, below);
}

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
const OpFunction hard_tanh_function{"hard_tanh", "HardTanh", kNnModule, &float_body<hard_tanh_of>};
const OpFunction tanh_shrink_function{"tanh_shrink", "TanhShrink", kNnModule, &float_body<tanh_shrink_of>};
const OpFunction sparse_plus_function{"sparse_plus", "SparsePlus", kNnModule, &float_body<sparse_plus_of>};
const OpFunction sparse_sigmoid_function{"sparse_sigmoid", "SparseSigmoid", kNnModule, &float_body<sparse_sigmoid_of>};
const OpFunction celu_function{"celu", "Celu", kNnModule, +[](const AlphaArgs& args, const Tensor& x) -> Value {
                                 return in_wide(in_float(x), [&](const Value& v) { return celu_of(v, args.alpha); });
                               }};
const OpFunction squareplus_function{"squareplus", "Squareplus", kNnModule,
                                     +[](const SquareplusArgs& args, const Tensor& x) -> Value {
                                       return in_wide(in_float(x), [&](const Value& v) { return squareplus_of(v, args.b); });
                                     }};
const OpFunction hard_shrink_function{
    "hard_shrink", "HardShrink", kNnModule,
    +[](const ShrinkArgs& args, const Tensor& x) -> Value { return hard_shrink_of(in_float(x), args.threshold); }};
const OpFunction soft_shrink_function{
    "soft_shrink", "SoftShrink", kNnModule,
    +[](const ShrinkArgs& args, const Tensor& x) -> Value { return soft_shrink_of(in_float(x), args.threshold); }};
const OpFunction threshold_function{
    "threshold", "Threshold", kNnModule, +[](const ThresholdArgs& args, const Tensor& x) -> Value {
      const Value v = in_float(x);
      return low::select(low::greater(v, low::full_like(v, args.threshold)), v, low::full_like(v, args.default_value));
    }};
const OpFunction glu_function{"glu", "Glu", kNnModule, +[](const OneAxisArgs& args, const Tensor& x) -> Value {
                                const Value v = in_float(x);
                                const auto halves = low::split(v, int64_t{2}, args.axis);
                                return in_wide(halves[1], [](const Value& gate) { return low::sigmoid(gate); }) * halves[0];
                              }};
// The paper's threshold is the sum of the support's elements, less 1, over their number; Keras's has the cumulative sums there.
Value sparsemax_body(const OneAxisArgs& args, const Tensor& given) {
  const Tensor x(in_float(given));
  const Tensor sorted = -sort(-x, args.axis), sums = cumsum(sorted, args.axis);
  Shape along(std::vector<int64_t>(x.rank(), 1));
  along[args.axis] = x.shape()[args.axis];
  const Tensor ranks = reshape(arange(1, Tensor(x.shape()[args.axis] + 1), 1, x.dtype()), along);
  const Tensor supports = greater(sorted - (sums - 1.0) / ranks, 0.0);
  const Tensor count = sum(cast(supports, x.dtype()), args.axis, true);
  const Tensor threshold = (sum(where(supports, sums, 0.0), args.axis, true) - 1.0) / count;
  return maximum(x - threshold, 0.0).value();
}
const OpFunction sparsemax_function{"sparsemax", "Sparsemax", kNnModule, &sparsemax_body};
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
CORNU_NN_UNARY(hard_tanh)
CORNU_NN_UNARY(tanh_shrink)
CORNU_NN_UNARY(sparse_plus)
CORNU_NN_UNARY(sparse_sigmoid)
#undef CORNU_NN_UNARY
Tensor elu(const Tensor& x, double alpha) { return elu_function({alpha}, x); }
Tensor celu(const Tensor& x, double alpha) { return celu_function({alpha}, x); }
Tensor squareplus(const Tensor& x, double b) { return squareplus_function({b}, x); }
Tensor hard_shrink(const Tensor& x, double threshold) { return hard_shrink_function({threshold}, x); }
Tensor soft_shrink(const Tensor& x, double threshold) { return soft_shrink_function({threshold}, x); }
Tensor threshold(const Tensor& x, double threshold, double default_value) {
  return threshold_function({threshold, default_value}, x);
}
Tensor sparsemax(const Tensor& x, int axis) { return sparsemax_function({axis}, x); }
Tensor glu(const Tensor& x, int axis) { return glu_function({axis}, x); }
Tensor leaky_relu(const Tensor& x, double negative_slope) { return leaky_relu_function({negative_slope}, x); }
Tensor gelu(const Tensor& x, bool approximate) { return gelu_function({approximate}, x); }
Tensor softmax(const Tensor& x, const IntOrList& axis) { return softmax_function({axis}, x); }
Tensor log_softmax(const Tensor& x, const IntOrList& axis) { return log_softmax_function({axis}, x); }

FunctionList nn_activation_functions() {
  static const FunctionRecord* const list[] = {
      &relu_function,        &relu6_function,       &sigmoid_function,     &softplus_function,       &softsign_function,
      &silu_function,        &log_sigmoid_function, &elu_function,         &hard_sigmoid_function,   &hard_silu_function,
      &hard_tanh_function,   &tanh_shrink_function, &sparse_plus_function, &sparse_sigmoid_function, &celu_function,
      &squareplus_function,  &hard_shrink_function, &soft_shrink_function, &threshold_function,      &glu_function,
      &sparsemax_function,   &selu_function,        &leaky_relu_function,  &gelu_function,           &softmax_function,
      &log_softmax_function,
  };
  return list;
}

}  // namespace cornu::keras::ops
