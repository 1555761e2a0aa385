// libcublasLt and libcudnn as far as they are played: what they say that their version is.
#include "cornu/backend/cuda/cublaslt.h"
#include "cornu/backend/cuda/cudnn.h"
#include "tests/virtual_gpu/script.h"

namespace {

std::size_t version_of(const char* library, int otherwise) {
  const auto& libraries = virtual_gpu::script().libraries;
  const auto known = libraries.find(library);
  return static_cast<std::size_t>(known == libraries.end() ? otherwise : known->second);
}

}  // namespace

extern "C" {

VIRTUAL_GPU_EXPORT std::size_t cublasLtGetVersion() {
  virtual_gpu::enter("cublasLtGetVersion");
  return version_of("cublasLt", 130101);
}
VIRTUAL_GPU_EXPORT std::size_t cudnnGetVersion() {
  virtual_gpu::enter("cudnnGetVersion");
  return version_of("cudnn", 91900);
}
// The version of CUDA that it is built for.
VIRTUAL_GPU_EXPORT std::size_t cudnnGetCudartVersion() {
  virtual_gpu::enter("cudnnGetCudartVersion");
  return version_of("cudnn_cuda", 13000);
}

}  // extern "C"
