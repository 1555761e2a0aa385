#pragma once

#include <cstddef>

#include "cornu/backend/cuda/library/table.h"

// NVRTC: compiles kernels' text to cubins. It needs no driver and no GPU.
struct _nvrtcProgram;

namespace cornu::cuda {

using nvrtcProgram = _nvrtcProgram*;

#define CORNU_NVRTC_RESULTS(X)     \
  X(NVRTC_SUCCESS, 0)              \
  X(NVRTC_ERROR_OUT_OF_MEMORY, 1)  \
  X(NVRTC_ERROR_INVALID_OPTION, 5) \
  X(NVRTC_ERROR_COMPILATION, 6)
enum nvrtcResult : unsigned { CORNU_NVRTC_RESULTS(CORNU_CUDA_ENUMERATOR) };

#define CORNU_NVRTC(X)                                                                                         \
  X(nvrtcResult, nvrtcVersion, (int* major, int* minor))                                                       \
  X(const char*, nvrtcGetErrorString, (nvrtcResult result))                                                    \
  X(nvrtcResult, nvrtcCreateProgram,                                                                           \
    (nvrtcProgram * program, const char* text, const char* name, int headers, const char* const* header_texts, \
     const char* const* header_names))                                                                         \
  X(nvrtcResult, nvrtcCompileProgram, (nvrtcProgram program, int count, const char* const* options))           \
  X(nvrtcResult, nvrtcGetProgramLogSize, (nvrtcProgram program, std::size_t * bytes))                          \
  X(nvrtcResult, nvrtcGetProgramLog, (nvrtcProgram program, char* log))                                        \
  X(nvrtcResult, nvrtcGetCUBINSize, (nvrtcProgram program, std::size_t * bytes))                               \
  X(nvrtcResult, nvrtcGetCUBIN, (nvrtcProgram program, char* cubin))                                           \
  X(nvrtcResult, nvrtcDestroyProgram, (nvrtcProgram * program))

struct Nvrtc {
  static LibraryNames names() {
    return {"NVIDIA's run-time compiler", {{"libnvrtc.so.13", 13}, {"libnvrtc.so.12", 12}}, false, "libnvrtc-builtins.so."};
  }
  CORNU_CUDA_TABLE(CORNU_NVRTC)
};

}  // namespace cornu::cuda
