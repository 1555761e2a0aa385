// libcuda.so.1: what NVIDIA's own libraries ask it for when they find it, the real NVRTC and cuDNN among them.
#include <dlfcn.h>

#include "tests/virtual_gpu/entry.h"

namespace cornu::cuda {

extern "C" {

// Its tables are private to NVIDIA; there are none here.
VIRTUAL_GPU_EXPORT CUresult cuGetExportTable(const void** table, const CUuuid*) {
  virtual_gpu::enter("cuGetExportTable");
  *table = nullptr;
  return CUDA_ERROR_NOT_FOUND;
}

VIRTUAL_GPU_EXPORT CUresult cuGetProcAddress(const char* symbol, void** function, int, unsigned long long) {
  virtual_gpu::enter("cuGetProcAddress");
  *function = dlsym(RTLD_DEFAULT, symbol);
  return *function ? CUDA_SUCCESS : CUDA_ERROR_NOT_FOUND;
}

}  // extern "C"
}  // namespace cornu::cuda
