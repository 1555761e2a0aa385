#pragma once

#include <cstddef>

#include "cornu/backend/cuda/table.h"

namespace cornu::cuda {

#define CORNU_CUBLASLT(X) X(std::size_t, cublasLtGetVersion, ())

struct CublasLt {
  static LibraryNames names() { return {"matrix products", {{"libcublasLt.so.13", 13}, {"libcublasLt.so.12", 12}}}; }
  CORNU_CUDA_TABLE(CORNU_CUBLASLT)
};

}  // namespace cornu::cuda
