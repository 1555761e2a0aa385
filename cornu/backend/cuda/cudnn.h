#pragma once

#include <cstddef>

#include "cornu/backend/cuda/table.h"

namespace cornu::cuda {

#define CORNU_CUDNN(X)                \
  X(std::size_t, cudnnGetVersion, ()) \
  X(std::size_t, cudnnGetCudartVersion, ())

struct Cudnn {
  static LibraryNames names() { return {"convolutions and attention", {{"libcudnn.so.9"}}}; }
  static int cuda(const Cudnn& cudnn) { return static_cast<int>(cudnn.cudnnGetCudartVersion() / 1000); }
  CORNU_CUDA_TABLE(CORNU_CUDNN)
};

}  // namespace cornu::cuda
