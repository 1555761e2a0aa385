// Cornu's own declarations of NVIDIA's libraries against NVIDIA's headers, as far as these are installed. There is nothing to
// run: what compiles is equal.
#include "tests/cuda_headers/same_abi.h"

#include "cornu/backend/cuda/library/cublaslt.h"
#include "cornu/backend/cuda/library/cudnn.h"
#include "cornu/backend/cuda/library/cupti.h"
#include "cornu/backend/cuda/library/driver.h"
#include "cornu/backend/cuda/library/nccl.h"
#include "cornu/backend/cuda/library/nvjitlink.h"
#include "cornu/backend/cuda/library/nvml.h"
#include "cornu/backend/cuda/library/nvrtc.h"
#include "cornu/backend/cuda/library/nvtx.h"

// Declares every version of an entry point under its own name.
#define __CUDA_API_VERSION_INTERNAL
#define NVML_NO_UNVERSIONED_FUNC_DEFS
#if __has_include(<cuda.h>)
#include <cuda.h>
#endif
#if __has_include(<nvml.h>)
#include <nvml.h>
#endif
#if __has_include(<nvrtc.h>)
#include <nvrtc.h>
#endif
#if __has_include(<cublasLt.h>)
#include <cublasLt.h>
#endif
#if __has_include(<cudnn.h>)
#include <cudnn.h>
#endif
#if __has_include(<nvJitLink.h>)
#include <nvJitLink.h>
#endif
#if __has_include(<nccl.h>)
#include <nccl.h>
#endif
#if __has_include(<cupti_activity.h>)
#include <cupti_activity.h>  // cupti.h has types of its own where versions are internal
#include <cupti_version.h>
#endif
#if __has_include(<nvtx3/nvToolsExt.h>)
#include <nvtx3/nvToolsExt.h>
#endif

// An older name is the one that every driver has.
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

namespace cornu::cuda {

// In this namespace a type's plain name is ours.
#define SAME_FUNCTION(result, symbol, parameters) \
  static_assert(SameAbi<result parameters, std::remove_cvref_t<decltype(::symbol)>>::value, #symbol);
#define SAME_CONSTANT(name, value) static_assert(static_cast<unsigned>(::name) == (value), #name);
#define SAME_MEMBER(type, member)                                                                                     \
  static_assert(offsetof(type, member) == offsetof(::type, member) && sizeof(type::member) == sizeof(::type::member), \
                #type "::" #member);

#if __has_include(<cuda.h>)
CORNU_DRIVER(SAME_FUNCTION)
CORNU_DRIVER_RESULTS(SAME_CONSTANT)
CORNU_DRIVER_ATTRIBUTES(SAME_CONSTANT)
CORNU_DRIVER_FLAGS(SAME_CONSTANT)
static_assert(kHostAllocPortable == CU_MEMHOSTALLOC_PORTABLE && kHostAllocMapped == CU_MEMHOSTALLOC_DEVICEMAP &&
              kHostAllocWriteCombined == CU_MEMHOSTALLOC_WRITECOMBINED);
SAME_MEMBER(CUuuid, bytes)
SAME_MEMBER(CUmemLocation, type)
SAME_MEMBER(CUmemLocation, id)
SAME_MEMBER(CUmemAllocationProp, type)
SAME_MEMBER(CUmemAllocationProp, requestedHandleTypes)
SAME_MEMBER(CUmemAllocationProp, location)
SAME_MEMBER(CUmemAllocationProp, win32HandleMetaData)
SAME_MEMBER(CUmemAllocationProp, allocFlags)
SAME_MEMBER(CUmemAllocationProp, allocFlags.gpuDirectRDMACapable)
SAME_MEMBER(CUmemAllocationProp, allocFlags.usage)
SAME_MEMBER(CUmemAllocationProp, allocFlags.reserved)
SAME_MEMBER(CUmemAccessDesc, location)
SAME_MEMBER(CUmemAccessDesc, flags)
#endif

#if __has_include(<nvml.h>)
CORNU_NVML(SAME_FUNCTION)
CORNU_NVML_RESULTS(SAME_CONSTANT)
CORNU_NVML_STATES(SAME_CONSTANT)
static_assert(kThrottlePowerCap == nvmlClocksThrottleReasonSwPowerCap &&
              kThrottleHardwareSlowdown == nvmlClocksThrottleReasonHwSlowdown &&
              kThrottleSoftwareThermal == nvmlClocksThrottleReasonSwThermalSlowdown &&
              kThrottleHardwareThermal == nvmlClocksThrottleReasonHwThermalSlowdown &&
              kThrottleHardwarePowerBrake == nvmlClocksThrottleReasonHwPowerBrakeSlowdown);
SAME_MEMBER(nvmlMemory_t, total)
SAME_MEMBER(nvmlMemory_t, free)
SAME_MEMBER(nvmlMemory_t, used)
SAME_MEMBER(nvmlProcessInfo_t, pid)
SAME_MEMBER(nvmlProcessInfo_t, usedGpuMemory)
SAME_MEMBER(nvmlProcessInfo_t, gpuInstanceId)
SAME_MEMBER(nvmlProcessInfo_t, computeInstanceId)
#endif

#if __has_include(<nvrtc.h>)
CORNU_NVRTC(SAME_FUNCTION)
CORNU_NVRTC_RESULTS(SAME_CONSTANT)
#endif
#if __has_include(<cublasLt.h>)
CORNU_CUBLASLT(SAME_FUNCTION)
CORNU_CUBLAS_RESULTS(SAME_CONSTANT)
CORNU_CUBLASLT_VALUES(SAME_CONSTANT)
SAME_MEMBER(cublasLtMatmulAlgo_t, data)
SAME_MEMBER(cublasLtMatmulHeuristicResult_t, algo)
SAME_MEMBER(cublasLtMatmulHeuristicResult_t, workspaceSize)
SAME_MEMBER(cublasLtMatmulHeuristicResult_t, state)
SAME_MEMBER(cublasLtMatmulHeuristicResult_t, wavesCount)
#endif
#if __has_include(<cudnn.h>)
CORNU_CUDNN(SAME_FUNCTION)
CORNU_CUDNN_RESULTS(SAME_CONSTANT)
CORNU_CUDNN_DESCRIPTORS(SAME_CONSTANT)
CORNU_CUDNN_ATTRIBUTES(SAME_CONSTANT)
CORNU_CUDNN_ATTRIBUTE_TYPES(SAME_CONSTANT)
CORNU_CUDNN_VALUES(SAME_CONSTANT)
#endif
#if __has_include(<nvJitLink.h>)
CORNU_NVJITLINK(SAME_FUNCTION)
#endif
#if __has_include(<nccl.h>)
CORNU_NCCL(SAME_FUNCTION)
#endif
#if __has_include(<cupti_activity.h>)
CORNU_CUPTI(SAME_FUNCTION)
CORNU_CUPTI_RESULTS(SAME_CONSTANT)
CORNU_CUPTI_KINDS(SAME_CONSTANT)
CORNU_CUPTI_COPIES(SAME_CONSTANT)
static_assert(kFlushForced == ::CUPTI_ACTIVITY_FLAG_FLUSH_FORCED);
// The beginning of a record is that of each of its versions.
#define SAME_BEGINNING(type, theirs, member)                                                                              \
  static_assert(offsetof(type, member) == offsetof(::theirs, member) && sizeof(type::member) == sizeof(::theirs::member), \
                #theirs "::" #member);
#define SAME_RECORD(type, theirs)        \
  SAME_BEGINNING(type, theirs, kind)     \
  SAME_BEGINNING(type, theirs, start)    \
  SAME_BEGINNING(type, theirs, end)      \
  SAME_BEGINNING(type, theirs, deviceId) \
  SAME_BEGINNING(type, theirs, streamId)
#define SAME_KERNEL(theirs)                 \
  SAME_RECORD(CUpti_ActivityKernel, theirs) \
  SAME_BEGINNING(CUpti_ActivityKernel, theirs, name)
#define SAME_COPY(theirs)                                \
  SAME_RECORD(CUpti_ActivityMemcpy, theirs)              \
  SAME_BEGINNING(CUpti_ActivityMemcpy, theirs, copyKind) \
  SAME_BEGINNING(CUpti_ActivityMemcpy, theirs, bytes)
#define SAME_FILL(theirs)                   \
  SAME_RECORD(CUpti_ActivityMemset, theirs) \
  SAME_BEGINNING(CUpti_ActivityMemset, theirs, bytes)
SAME_KERNEL(CUpti_ActivityKernel9)
SAME_COPY(CUpti_ActivityMemcpy5)
SAME_FILL(CUpti_ActivityMemset4)
#if CUPTI_API_VERSION >= 130000
SAME_KERNEL(CUpti_ActivityKernel10)
SAME_COPY(CUpti_ActivityMemcpy6)
#endif
#endif

#if __has_include(<nvtx3/nvToolsExt.h>)
CORNU_NVTX_VALUES(SAME_CONSTANT)
SAME_MEMBER(NvtxExportTableCallbacks, GetModuleFunctionTable)
SAME_MEMBER(NvtxExportTableVersionInfo, version)
SAME_MEMBER(NvtxExportTableVersionInfo, SetInjectionNvtxVersion)
#endif

}  // namespace cornu::cuda
