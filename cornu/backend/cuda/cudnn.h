#pragma once

#include <cstddef>

#include "cornu/backend/cuda/table.h"

namespace cornu::cuda {

#define CORNU_CUDNN(X) X(std::size_t, cudnnGetVersion, ())

struct Cudnn {
  static LibraryNames names() { return {"convolutions and attention", {"libcudnn.so.9"}}; }
  CORNU_CUDA_TABLE(CORNU_CUDNN)
};

}  // namespace cornu::cuda
