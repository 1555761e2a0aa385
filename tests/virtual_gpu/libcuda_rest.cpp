// The entry points of libcuda that are not played yet: they are there, so that the library opens, and refuse. A definition in
// another file takes the place of such a weak one.
#include "cornu/backend/cuda/driver.h"
#include "tests/virtual_gpu/script.h"

#pragma GCC diagnostic ignored "-Wunused-parameter"

namespace cornu::cuda {

#define REFUSE(result, symbol, parameters)                                       \
  extern "C" VIRTUAL_GPU_EXPORT __attribute__((weak)) result symbol parameters { \
    virtual_gpu::enter(#symbol);                                                 \
    return CUDA_ERROR_NOT_SUPPORTED;                                             \
  }
CORNU_DRIVER(REFUSE)

}  // namespace cornu::cuda
