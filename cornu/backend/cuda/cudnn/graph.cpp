#include "cornu/backend/cuda/cudnn/graph.h"

#include <fmt/ranges.h>

namespace cornu::cuda {
namespace {

using Ints = std::vector<std::int64_t>;

// An intermediate's number, which no operand has.
constexpr std::int64_t kFirstIntermediate = 1000;
constexpr std::int64_t kAlignment = 16;

// The names of one operation's attributes, which differ between the three.
struct ConvolutionNames {
  cudnnBackendDescriptorType_t operation;
  cudnnBackendAttributeName_t x, w, y, windows, alpha, beta;
};
constexpr ConvolutionNames kConvolutions[] = {
    {CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X,
     CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y,
     CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA,
     CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA},
    {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX,
     CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY,
     CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA,
     CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA},
    {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X,
     CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY,
     CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_ALPHA,
     CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_BETA},
};

}  // namespace

CudnnValue cudnn_type(DType dtype) {
  if (dtype == float32) return CUDNN_DATA_FLOAT;
  if (dtype == float64) return CUDNN_DATA_DOUBLE;
  if (dtype == float16) return CUDNN_DATA_HALF;
  if (dtype == bfloat16) return CUDNN_DATA_BFLOAT16;
  throw error<DeviceError>("cuDNN is asked for no {}", dtype.name());
}

const CudnnDescriptor& CudnnGraph::keep(CudnnDescriptor descriptor) {
  return *kept_.emplace_back(std::make_unique<CudnnDescriptor>(std::move(descriptor)));
}

CudnnGraph::Tensor CudnnGraph::tensor(DType dtype, const Ints& dims, const Ints& strides, std::int64_t id, bool is_virtual) {
  CudnnDescriptor out(CUDNN_BACKEND_TENSOR_DESCRIPTOR);
  out.set(CUDNN_ATTR_TENSOR_DATA_TYPE, CUDNN_TYPE_DATA_TYPE, cudnn_type(dtype));
  out.set(CUDNN_ATTR_TENSOR_DIMENSIONS, dims);
  out.set(CUDNN_ATTR_TENSOR_STRIDES, strides);
  out.set(CUDNN_ATTR_TENSOR_UNIQUE_ID, id);
  out.set(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, kAlignment);
  if (is_virtual) out.set(CUDNN_ATTR_TENSOR_IS_VIRTUAL, true);
  out.finalize();
  text_ += fmt::format("tensor {}: {} {} by {}\n", id, dtype.name(), fmt::join(dims, ","), fmt::join(strides, ","));
  return &keep(std::move(out));
}
CudnnGraph::Tensor CudnnGraph::operand(DType dtype, const Ints& dims, const Ints& strides) {
  std::int64_t last = 0;
  for (std::size_t axis = 0; axis < dims.size(); ++axis) last += (dims[axis] - 1) * strides[axis];
  operand_bytes_.push_back(static_cast<std::size_t>(last + 1) * dtype.size());
  return tensor(dtype, dims, strides, std::ssize(operand_bytes_), false);
}
CudnnGraph::Tensor CudnnGraph::intermediate(const Ints& dims, const Ints& strides) {
  return tensor(float32, dims, strides, kFirstIntermediate + intermediates_++, true);
}

void CudnnGraph::convolution(ConvolutionKind kind, const ConvolutionWindows& windows, Tensor x, Tensor w, Tensor y,
                             DType compute) {
  CudnnDescriptor what(CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR);
  what.set(CUDNN_ATTR_CONVOLUTION_COMP_TYPE, CUDNN_TYPE_DATA_TYPE, cudnn_type(compute));
  what.set(CUDNN_ATTR_CONVOLUTION_CONV_MODE, CUDNN_TYPE_CONVOLUTION_MODE, CUDNN_CROSS_CORRELATION);
  what.set(CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, std::ssize(windows.strides));
  what.set(CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, windows.strides);
  what.set(CUDNN_ATTR_CONVOLUTION_DILATIONS, windows.dilation);
  what.set(CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, windows.padding_low);
  what.set(CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, windows.padding_high);
  what.finalize();

  const ConvolutionNames& names = kConvolutions[int(kind)];
  CudnnDescriptor operation(names.operation);
  operation.set(names.windows, keep(std::move(what)));
  operation.set(names.x, *x);
  operation.set(names.w, *w);
  operation.set(names.y, *y);
  const double one = 1, zero = 0;
  if (compute == float64) {
    operation.set(names.alpha, CUDNN_TYPE_DOUBLE, 1, &one);
    operation.set(names.beta, CUDNN_TYPE_DOUBLE, 1, &zero);
  } else {
    operation.set(names.alpha, 1.0f);
    operation.set(names.beta, 0.0f);
  }
  add(std::move(operation), {x, w, y},
      fmt::format("convolution {}: strides {} dilation {} padding {} {} in {}", int(kind), fmt::join(windows.strides, ","),
                  fmt::join(windows.dilation, ","), fmt::join(windows.padding_low, ","), fmt::join(windows.padding_high, ","),
                  compute.name()));
}

// Tensors are told by their numbers.
void CudnnGraph::add(CudnnDescriptor operation, std::initializer_list<Tensor> tensors, const std::string& what) {
  operation.finalize();
  operations_.push_back(keep(std::move(operation)).handle());
  text_ += what;
  for (const Tensor tensor : tensors)
    if (tensor) text_ += fmt::format(" {}", tensor->get(CUDNN_ATTR_TENSOR_UNIQUE_ID));
  text_ += '\n';
}

void CudnnGraph::pointwise(CudnnValue mode, Tensor x, Tensor b, Tensor y) {
  CudnnDescriptor what(CUDNN_BACKEND_POINTWISE_DESCRIPTOR);
  what.set(CUDNN_ATTR_POINTWISE_MODE, CUDNN_TYPE_POINTWISE_MODE, mode);
  what.set(CUDNN_ATTR_POINTWISE_MATH_PREC, CUDNN_TYPE_DATA_TYPE, CUDNN_DATA_FLOAT);
  what.finalize();
  CudnnDescriptor operation(CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR);
  operation.set(CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR, keep(std::move(what)));
  operation.set(CUDNN_ATTR_OPERATION_POINTWISE_XDESC, *x);
  if (b) operation.set(CUDNN_ATTR_OPERATION_POINTWISE_BDESC, *b);
  operation.set(CUDNN_ATTR_OPERATION_POINTWISE_YDESC, *y);
  add(std::move(operation), {x, b, y}, fmt::format("pointwise {}", int(mode)));
}
void CudnnGraph::add(Tensor a, Tensor b, Tensor y) { pointwise(CUDNN_POINTWISE_ADD, a, b, y); }
void CudnnGraph::relu(Tensor x, Tensor y) { pointwise(CUDNN_POINTWISE_RELU_FWD, x, nullptr, y); }

void CudnnGraph::finalize(cudnnHandle_t handle) {
  graph_.set(CUDNN_ATTR_OPERATIONGRAPH_OPS, CUDNN_TYPE_BACKEND_DESCRIPTOR, std::ssize(operations_), operations_.data());
  if (handle) graph_.set(CUDNN_ATTR_OPERATIONGRAPH_HANDLE, CUDNN_TYPE_HANDLE, 1, &handle);
  graph_.finalize();
}

}  // namespace cornu::cuda
