#pragma once

#include "cornu/backend/cuda/cudnn/convolution.h"
#include "cornu/ir/lowering.h"

namespace cornu::ops {

// A convolution or one of its gradients by a kernel of our own: slower than cuDNN's, for any numbers, paddings and cards.
std::unique_ptr<ir::Kernel> conv_text_kernel(const cuda::ConvolutionShape& shape, const Target& target);

}  // namespace cornu::ops
