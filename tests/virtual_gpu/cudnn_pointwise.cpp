// Pointwise operations: a mode is a row.
#include <algorithm>

#include "tests/virtual_gpu/cudnn_graph.h"

namespace virtual_gpu {
namespace {

struct Mode {
  CudnnValue mode;
  std::size_t inputs;
  double (*at)(double x, double b);
};
constexpr Mode kModes[] = {
    {CUDNN_POINTWISE_ADD, 2, [](double x, double b) { return x + b; }},
    {CUDNN_POINTWISE_RELU_FWD, 1, [](double x, double) { return x > 0 || x != x ? x : 0; }},
};

const Mode* mode_of(const Operation& operation) {
  const auto mode = static_cast<CudnnValue>(operation.settings->integer(CUDNN_ATTR_POINTWISE_MODE));
  const auto found = std::ranges::find(kModes, mode, &Mode::mode);
  return found == std::end(kModes) ? nullptr : found;
}

void check(const Operation& operation) {
  const Mode* mode = mode_of(operation);
  if (!mode) throw Refused{CUDNN_STATUS_NOT_SUPPORTED, "this pointwise mode is not on the virtual GPU"};
  if (operation.inputs.size() != mode->inputs)
    throw Refused{CUDNN_STATUS_BAD_PARAM, "this pointwise mode has another number of inputs"};
  const auto& to = operation.output.dims;
  for (const Tensor& input : operation.inputs) {
    bool fits = input.dims.size() == to.size();
    for (std::size_t i = 0; fits && i < to.size(); ++i) fits = input.dims[i] == 1 || input.dims[i] == to[i];
    if (!fits) throw Refused{CUDNN_STATUS_BAD_PARAM, "the extents of a pointwise operation's tensors do not fit"};
  }
}

// Values in the output's order, those along extents of 1 repeated.
Values spread(const Values& values, const Tensor& input, const Tensor& output) {
  if (input.dims == output.dims) return values;
  const std::size_t rank = output.dims.size();
  // Batch, spatial axes, channels.
  const auto axis_of = [&](std::size_t place) { return place == 0 ? 0 : place + 1 == rank ? 1 : place + 1; };
  Values out(static_cast<std::size_t>(output.size()));
  for (std::size_t i = 0; i < out.size(); ++i) {
    std::int64_t rest = static_cast<std::int64_t>(i), at = 0, step = 1;
    for (std::size_t place = rank; place-- > 0;) {
      const std::size_t axis = axis_of(place);
      if (input.dims[axis] > 1) at += rest % output.dims[axis] * step;
      rest /= output.dims[axis];
      step *= input.dims[axis];
    }
    out[i] = values[static_cast<std::size_t>(at)];
  }
  return out;
}

Values compute(const Operation& operation, const std::vector<const Values*>& inputs) {
  const Mode& mode = *mode_of(operation);
  Values x = spread(*inputs[0], operation.inputs[0], operation.output);
  const Values b = mode.inputs > 1 ? spread(*inputs[1], operation.inputs[1], operation.output) : Values(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = mode.at(x[i], b[i]);
  return x;
}

}  // namespace

const OperationKind kPointwise = {CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR,
                                  CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR,
                                  CUDNN_ATTR_OPERATION_POINTWISE_YDESC,
                                  {CUDNN_ATTR_OPERATION_POINTWISE_XDESC, CUDNN_ATTR_OPERATION_POINTWISE_BDESC},
                                  -1,
                                  -1,
                                  CUDNN_ATTR_POINTWISE_MATH_PREC,
                                  false,
                                  true,
                                  check,
                                  compute};

}  // namespace virtual_gpu
