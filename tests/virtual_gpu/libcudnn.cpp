// libcudnn.so.9: versions, handles, and what the last refused call did wrong.
#include <cstdio>
#include <string>

#include "cornu/backend/cuda/cudnn.h"
#include "tests/virtual_gpu/others.h"
#include "tests/virtual_gpu/script.h"

struct cudnnContext {
  CUstream_st* stream = nullptr;
};

namespace cornu::cuda {
namespace {

#define ENTER(symbol) \
  if (const unsigned answer = virtual_gpu::enter(#symbol)) return static_cast<cudnnStatus_t>(answer)

thread_local std::string last_error;

cudnnStatus_t refuse(cudnnStatus_t status, std::string why) { return last_error = std::move(why), status; }

}  // namespace

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

VIRTUAL_GPU_EXPORT const char* cudnnGetErrorString(cudnnStatus_t status) {
#define NAME_OF(known, value) \
  if (status == (value)) return #known;
  CORNU_CUDNN_RESULTS(NAME_OF)
  return "CUDNN_UNKNOWN_STATUS";
}

VIRTUAL_GPU_EXPORT void cudnnGetLastErrorString(char* message, std::size_t most) {
  if (most > 0) std::snprintf(message, most, "%s", last_error.c_str());
  last_error.clear();
}

VIRTUAL_GPU_EXPORT cudnnStatus_t cudnnCreate(cudnnHandle_t* handle) {
  ENTER(cudnnCreate);
  if (!virtual_gpu::others().has_context()) return refuse(CUDNN_STATUS_NOT_INITIALIZED, "cudnnCreate: no current context");
  return *handle = new cudnnContext, CUDNN_STATUS_SUCCESS;
}
VIRTUAL_GPU_EXPORT cudnnStatus_t cudnnDestroy(cudnnHandle_t handle) {
  ENTER(cudnnDestroy);
  return delete handle, CUDNN_STATUS_SUCCESS;
}
VIRTUAL_GPU_EXPORT cudnnStatus_t cudnnSetStream(cudnnHandle_t handle, CUstream stream) {
  ENTER(cudnnSetStream);
  if (!handle) return refuse(CUDNN_STATUS_BAD_PARAM, "cudnnSetStream: no handle");
  return handle->stream = stream, CUDNN_STATUS_SUCCESS;
}

// Graphs are not played yet.
VIRTUAL_GPU_EXPORT cudnnStatus_t cudnnBackendCreateDescriptor(cudnnBackendDescriptorType_t, cudnnBackendDescriptor_t*) {
  ENTER(cudnnBackendCreateDescriptor);
  return refuse(CUDNN_STATUS_NOT_SUPPORTED, "cudnnBackendCreateDescriptor: not on the virtual GPU");
}
VIRTUAL_GPU_EXPORT cudnnStatus_t cudnnBackendDestroyDescriptor(cudnnBackendDescriptor_t) {
  ENTER(cudnnBackendDestroyDescriptor);
  return CUDNN_STATUS_SUCCESS;
}
VIRTUAL_GPU_EXPORT cudnnStatus_t cudnnBackendFinalize(cudnnBackendDescriptor_t) {
  ENTER(cudnnBackendFinalize);
  return refuse(CUDNN_STATUS_BAD_PARAM, "cudnnBackendFinalize: no descriptor");
}
VIRTUAL_GPU_EXPORT cudnnStatus_t cudnnBackendSetAttribute(cudnnBackendDescriptor_t, cudnnBackendAttributeName_t,
                                                          cudnnBackendAttributeType_t, std::int64_t, const void*) {
  ENTER(cudnnBackendSetAttribute);
  return refuse(CUDNN_STATUS_BAD_PARAM, "cudnnBackendSetAttribute: no descriptor");
}
VIRTUAL_GPU_EXPORT cudnnStatus_t cudnnBackendGetAttribute(cudnnBackendDescriptor_t, cudnnBackendAttributeName_t,
                                                          cudnnBackendAttributeType_t, std::int64_t, std::int64_t*, void*) {
  ENTER(cudnnBackendGetAttribute);
  return refuse(CUDNN_STATUS_BAD_PARAM, "cudnnBackendGetAttribute: no descriptor");
}
VIRTUAL_GPU_EXPORT cudnnStatus_t cudnnBackendExecute(cudnnHandle_t, cudnnBackendDescriptor_t, cudnnBackendDescriptor_t) {
  ENTER(cudnnBackendExecute);
  return refuse(CUDNN_STATUS_BAD_PARAM, "cudnnBackendExecute: no plan");
}

}  // extern "C"
}  // namespace cornu::cuda
