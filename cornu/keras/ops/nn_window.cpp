#include "cornu/keras/layers/data_format.h"
#include "cornu/keras/ops/function_record.h"
#include "cornu/keras/ops/nn.h"
#include "cornu/keras/ops/promote.h"
#include "cornu/ops/conv/conv.h"
#include "cornu/ops/pool/pool.h"
#include "cornu/ops/view/view.h"

namespace cornu::keras::ops {
namespace {

struct ConvArgs {
  IntOrList strides = 1;
  std::string padding = "valid";
  std::string data_format;
  IntOrList dilation_rate = 1;
};
struct ConvTransposeArgs {
  IntOrList strides = 1;
  std::string padding = "valid";
  IntOrList output_padding;
  std::string data_format;
  IntOrList dilation_rate = 1;
};
struct PoolArgs {
  IntOrList pool_size;
  IntOrList strides;
  std::string padding = "valid";
  std::string data_format;
};

int spatial_axes(const char* function, const Tensor& inputs) {
  if (inputs.rank() < 3)
    throw error<ValueError>("`{}` wants inputs of a batch, channels and 1 to 3 spatial axes. Received: inputs.shape={}", function,
                            to_string(inputs.shape()));
  return inputs.rank() - 2;
}

// Computed channels last, whatever the caller's order.
template <class F>
Value channels_last(const std::string& data_format, const Value& x, F&& f) {
  if (!is_channels_first(data_format)) return f(x);
  return low::moveaxis(f(low::moveaxis(x, 1, -1)), -1, 1);
}

template <class Args>
low::ConvArgs spatial_args(const Args& args, const Tensor& inputs) {
  const int spatial = spatial_axes("conv", inputs);
  return {args.strides.repeated(spatial, "strides"), args.padding, args.dilation_rate.repeated(spatial, "dilation_rate")};
}

template <auto Conv>
Value conv_body(const ConvArgs& args, const Tensor& inputs, const Tensor& kernel) {
  const DType dtype = common_dtype({&inputs, &kernel});
  return channels_last(args.data_format, as_dtype(inputs, dtype),
                       [&](const Value& x) { return Conv(x, as_dtype(kernel, dtype), spatial_args(args, inputs)); });
}

Value separable_conv_body(const ConvArgs& args, const Tensor& inputs, const Tensor& depthwise, const Tensor& pointwise) {
  const DType dtype = common_dtype({&inputs, &depthwise, &pointwise});
  return channels_last(args.data_format, as_dtype(inputs, dtype), [&](const Value& x) {
    return low::separable_conv(x, as_dtype(depthwise, dtype), as_dtype(pointwise, dtype), spatial_args(args, inputs));
  });
}

Value conv_transpose_body(const ConvTransposeArgs& args, const Tensor& inputs, const Tensor& kernel) {
  const DType dtype = common_dtype({&inputs, &kernel});
  std::optional<std::vector<int64_t>> output_padding;
  if (!args.output_padding.is_none())
    output_padding = args.output_padding.repeated(spatial_axes("conv_transpose", inputs), "output_padding");
  return channels_last(args.data_format, as_dtype(inputs, dtype), [&](const Value& x) {
    return low::conv_transpose(x, as_dtype(kernel, dtype), spatial_args(args, inputs), output_padding);
  });
}

template <auto Pool>
Value pool_body(const PoolArgs& args, const Tensor& inputs) {
  const int spatial = spatial_axes("pool", inputs);
  const auto window = args.pool_size.repeated(spatial, "pool_size");
  const auto strides = args.strides.is_none() ? window : args.strides.repeated(spatial, "strides");
  return channels_last(args.data_format, inputs.value(), [&](const Value& x) {
    return Pool(x, window, low::PoolArgs{strides, args.padding});
  });
}

const OpFunction conv_function{"conv", "Conv", kNnModule, &conv_body<low::conv>};
const OpFunction depthwise_conv_function{"depthwise_conv", "DepthwiseConv", kNnModule, &conv_body<low::depthwise_conv>};
const OpFunction separable_conv_function{"separable_conv", "SeparableConv", kNnModule, &separable_conv_body};
const OpFunction conv_transpose_function{"conv_transpose", "ConvTranspose", kNnModule, &conv_transpose_body};
const OpFunction max_pool_function{"max_pool", "MaxPool", kNnModule, &pool_body<low::max_pool>};
const OpFunction average_pool_function{"average_pool", "AveragePool", kNnModule, &pool_body<low::average_pool>};

}  // namespace

Tensor conv(const Tensor& inputs, const Tensor& kernel, const IntOrList& strides, const std::string& padding,
            const std::string& data_format, const IntOrList& dilation_rate) {
  return conv_function({strides, padding, data_format, dilation_rate}, inputs, kernel);
}
Tensor depthwise_conv(const Tensor& inputs, const Tensor& kernel, const IntOrList& strides, const std::string& padding,
                      const std::string& data_format, const IntOrList& dilation_rate) {
  return depthwise_conv_function({strides, padding, data_format, dilation_rate}, inputs, kernel);
}
Tensor separable_conv(const Tensor& inputs, const Tensor& depthwise_kernel, const Tensor& pointwise_kernel,
                      const IntOrList& strides, const std::string& padding, const std::string& data_format,
                      const IntOrList& dilation_rate) {
  return separable_conv_function({strides, padding, data_format, dilation_rate}, inputs, depthwise_kernel, pointwise_kernel);
}
Tensor conv_transpose(const Tensor& inputs, const Tensor& kernel, const IntOrList& strides, const std::string& padding,
                      const IntOrList& output_padding, const std::string& data_format, const IntOrList& dilation_rate) {
  return conv_transpose_function({strides, padding, output_padding, data_format, dilation_rate}, inputs, kernel);
}
Tensor max_pool(const Tensor& inputs, const IntOrList& pool_size, const IntOrList& strides, const std::string& padding,
                const std::string& data_format) {
  return max_pool_function({pool_size, strides, padding, data_format}, inputs);
}
Tensor average_pool(const Tensor& inputs, const IntOrList& pool_size, const IntOrList& strides, const std::string& padding,
                    const std::string& data_format) {
  return average_pool_function({pool_size, strides, padding, data_format}, inputs);
}

FunctionList nn_window_functions() {
  static const FunctionRecord* const list[] = {&conv_function,           &depthwise_conv_function, &separable_conv_function,
                                               &conv_transpose_function, &max_pool_function,       &average_pool_function};
  return list;
}

}  // namespace cornu::keras::ops
