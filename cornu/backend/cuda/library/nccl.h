#pragma once

#include "cornu/backend/cuda/library/table.h"

namespace cornu::cuda {

#define CORNU_NCCL(X) X(int, ncclGetVersion, (int* version))

struct Nccl {
  static LibraryNames names() { return {"communication between GPUs", {{"libnccl.so.2"}}}; }
  CORNU_CUDA_TABLE(CORNU_NCCL)
};

}  // namespace cornu::cuda
