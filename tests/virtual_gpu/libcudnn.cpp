// libcudnn.so.9 as far as it is played: its versions.
#include "cornu/backend/cuda/cudnn.h"
#include "tests/virtual_gpu/others.h"
#include "tests/virtual_gpu/script.h"

extern "C" {

VIRTUAL_GPU_EXPORT std::size_t cudnnGetVersion() {
  virtual_gpu::enter("cudnnGetVersion");
  return virtual_gpu::version_of("cudnn", 91900);
}
// Of CUDA, for which it is built.
VIRTUAL_GPU_EXPORT std::size_t cudnnGetCudartVersion() {
  virtual_gpu::enter("cudnnGetCudartVersion");
  return virtual_gpu::version_of("cudnn_cuda", 13000);
}

}  // extern "C"
