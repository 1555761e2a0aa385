#pragma once

#include <cstddef>
#include <cstdint>

#include "cornu/backend/cuda/library/table.h"

// CUDA's driver, libcuda. The symbols are those that NVIDIA's header gives today's names to (cuMemAlloc is cuMemAlloc_v2).
struct CUctx_st;
struct CUstream_st;
struct CUevent_st;
struct CUmod_st;
struct CUfunc_st;
struct CUgraph_st;
struct CUgraphExec_st;

namespace cornu::cuda {

using CUdevice = int;
using CUdeviceptr = unsigned long long;
using CUmemGenericAllocationHandle = unsigned long long;
using CUcontext = CUctx_st*;
using CUstream = CUstream_st*;
using CUevent = CUevent_st*;
using CUmodule = CUmod_st*;
using CUfunction = CUfunc_st*;
using CUgraph = CUgraph_st*;
using CUgraphExec = CUgraphExec_st*;

#define CORNU_DRIVER_RESULTS(X)                     \
  X(CUDA_SUCCESS, 0)                                \
  X(CUDA_ERROR_INVALID_VALUE, 1)                    \
  X(CUDA_ERROR_OUT_OF_MEMORY, 2)                    \
  X(CUDA_ERROR_NOT_INITIALIZED, 3)                  \
  X(CUDA_ERROR_DEINITIALIZED, 4)                    \
  X(CUDA_ERROR_STUB_LIBRARY, 34)                    \
  X(CUDA_ERROR_DEVICE_UNAVAILABLE, 46)              \
  X(CUDA_ERROR_NO_DEVICE, 100)                      \
  X(CUDA_ERROR_INVALID_DEVICE, 101)                 \
  X(CUDA_ERROR_INVALID_IMAGE, 200)                  \
  X(CUDA_ERROR_INVALID_CONTEXT, 201)                \
  X(CUDA_ERROR_NO_BINARY_FOR_GPU, 209)              \
  X(CUDA_ERROR_ECC_UNCORRECTABLE, 214)              \
  X(CUDA_ERROR_NVLINK_UNCORRECTABLE, 220)           \
  X(CUDA_ERROR_OPERATING_SYSTEM, 304)               \
  X(CUDA_ERROR_INVALID_HANDLE, 400)                 \
  X(CUDA_ERROR_ILLEGAL_STATE, 401)                  \
  X(CUDA_ERROR_NOT_FOUND, 500)                      \
  X(CUDA_ERROR_NOT_READY, 600)                      \
  X(CUDA_ERROR_ILLEGAL_ADDRESS, 700)                \
  X(CUDA_ERROR_LAUNCH_TIMEOUT, 702)                 \
  X(CUDA_ERROR_ASSERT, 710)                         \
  X(CUDA_ERROR_HARDWARE_STACK_ERROR, 714)           \
  X(CUDA_ERROR_ILLEGAL_INSTRUCTION, 715)            \
  X(CUDA_ERROR_MISALIGNED_ADDRESS, 716)             \
  X(CUDA_ERROR_INVALID_ADDRESS_SPACE, 717)          \
  X(CUDA_ERROR_INVALID_PC, 718)                     \
  X(CUDA_ERROR_LAUNCH_FAILED, 719)                  \
  X(CUDA_ERROR_NOT_PERMITTED, 800)                  \
  X(CUDA_ERROR_NOT_SUPPORTED, 801)                  \
  X(CUDA_ERROR_SYSTEM_NOT_READY, 802)               \
  X(CUDA_ERROR_SYSTEM_DRIVER_MISMATCH, 803)         \
  X(CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE, 804) \
  X(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, 900)     \
  X(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, 901)     \
  X(CUDA_ERROR_STREAM_CAPTURE_UNJOINED, 904)        \
  X(CUDA_ERROR_UNKNOWN, 999)

#define CORNU_DRIVER_ATTRIBUTES(X)                                \
  X(CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK, 1)                 \
  X(CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_X, 2)                       \
  X(CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Y, 3)                       \
  X(CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Z, 4)                       \
  X(CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_X, 5)                        \
  X(CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Y, 6)                        \
  X(CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Z, 7)                        \
  X(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK, 8)           \
  X(CU_DEVICE_ATTRIBUTE_WARP_SIZE, 10)                            \
  X(CU_DEVICE_ATTRIBUTE_MAX_REGISTERS_PER_BLOCK, 12)              \
  X(CU_DEVICE_ATTRIBUTE_CLOCK_RATE, 13)                           \
  X(CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT, 16)                 \
  X(CU_DEVICE_ATTRIBUTE_MEMORY_CLOCK_RATE, 36)                    \
  X(CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE, 38)                        \
  X(CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_MULTIPROCESSOR, 39)       \
  X(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, 75)             \
  X(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR, 76)             \
  X(CU_DEVICE_ATTRIBUTE_MAX_REGISTERS_PER_MULTIPROCESSOR, 82)     \
  X(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN, 97)    \
  X(CU_DEVICE_ATTRIBUTE_VIRTUAL_MEMORY_MANAGEMENT_SUPPORTED, 102) \
  X(CU_DEVICE_ATTRIBUTE_MAX_BLOCKS_PER_MULTIPROCESSOR, 106)       \
  X(CU_DEVICE_ATTRIBUTE_RESERVED_SHARED_MEMORY_PER_BLOCK, 111)

// Values of several enumerations and flags.
#define CORNU_DRIVER_FLAGS(X)                \
  X(CU_MEM_ALLOCATION_TYPE_PINNED, 1)        \
  X(CU_MEM_LOCATION_TYPE_DEVICE, 1)          \
  X(CU_MEM_ACCESS_FLAGS_PROT_READWRITE, 3)   \
  X(CU_MEM_ALLOC_GRANULARITY_MINIMUM, 0)     \
  X(CU_MEM_ALLOC_GRANULARITY_RECOMMENDED, 1) \
  X(CU_STREAM_NON_BLOCKING, 1)               \
  X(CU_STREAM_CAPTURE_MODE_THREAD_LOCAL, 1)  \
  X(CU_EVENT_DISABLE_TIMING, 2)

enum CUresult : unsigned { CORNU_DRIVER_RESULTS(CORNU_CUDA_ENUMERATOR) };
enum CUdevice_attribute : unsigned { CORNU_DRIVER_ATTRIBUTES(CORNU_CUDA_ENUMERATOR) };
enum DriverFlag : unsigned { CORNU_DRIVER_FLAGS(CORNU_CUDA_ENUMERATOR) };

// These are macros in NVIDIA's header.
inline constexpr unsigned kHostAllocPortable = 1, kHostAllocMapped = 2, kHostAllocWriteCombined = 4;

struct CUuuid {
  char bytes[16];
};
struct CUmemLocation {
  DriverFlag type;
  int id;
};
struct CUmemAllocationProp {
  DriverFlag type;
  unsigned requestedHandleTypes;
  CUmemLocation location;
  void* win32HandleMetaData;
  struct {
    unsigned char compressionType, gpuDirectRDMACapable;
    unsigned short usage;
    unsigned char reserved[4];
  } allocFlags;
};
struct CUmemAccessDesc {
  CUmemLocation location;
  DriverFlag flags;
};

#define CORNU_DRIVER(X)                                                                                                          \
  /* devices: none of these makes a context */                                                                                   \
  X(CUresult, cuInit, (unsigned flags))                                                                                          \
  X(CUresult, cuDriverGetVersion, (int* version))                                                                                \
  X(CUresult, cuGetErrorName, (CUresult result, const char** name))                                                              \
  X(CUresult, cuGetErrorString, (CUresult result, const char** text))                                                            \
  X(CUresult, cuDeviceGetCount, (int* count))                                                                                    \
  X(CUresult, cuDeviceGet, (CUdevice * device, int ordinal))                                                                     \
  X(CUresult, cuDeviceGetName, (char* name, int bytes, CUdevice device))                                                         \
  X(CUresult, cuDeviceGetAttribute, (int* value, CUdevice_attribute attribute, CUdevice device))                                 \
  X(CUresult, cuDeviceTotalMem_v2, (std::size_t * bytes, CUdevice device))                                                       \
  X(CUresult, cuDeviceGetUuid_v2, (CUuuid * uuid, CUdevice device))                                                              \
  X(CUresult, cuDeviceGetPCIBusId, (char* id, int bytes, CUdevice device))                                                       \
  /* contexts */                                                                                                                 \
  X(CUresult, cuDevicePrimaryCtxRetain, (CUcontext * context, CUdevice device))                                                  \
  X(CUresult, cuDevicePrimaryCtxRelease_v2, (CUdevice device))                                                                   \
  X(CUresult, cuCtxSetCurrent, (CUcontext context))                                                                              \
  X(CUresult, cuCtxGetDevice, (CUdevice * device))                                                                               \
  X(CUresult, cuCtxSynchronize, ())                                                                                              \
  /* memory */                                                                                                                   \
  X(CUresult, cuMemGetInfo_v2, (std::size_t * free, std::size_t * total))                                                        \
  X(CUresult, cuMemAlloc_v2, (CUdeviceptr * address, std::size_t bytes))                                                         \
  X(CUresult, cuMemFree_v2, (CUdeviceptr address))                                                                               \
  X(CUresult, cuMemGetAllocationGranularity, (std::size_t * bytes, const CUmemAllocationProp* properties, DriverFlag which))     \
  X(CUresult, cuMemAddressReserve,                                                                                               \
    (CUdeviceptr * address, std::size_t bytes, std::size_t alignment, CUdeviceptr wish, unsigned long long flags))               \
  X(CUresult, cuMemAddressFree, (CUdeviceptr address, std::size_t bytes))                                                        \
  X(CUresult, cuMemCreate,                                                                                                       \
    (CUmemGenericAllocationHandle * handle, std::size_t bytes, const CUmemAllocationProp* properties, unsigned long long flags)) \
  X(CUresult, cuMemRelease, (CUmemGenericAllocationHandle handle))                                                               \
  X(CUresult, cuMemMap,                                                                                                          \
    (CUdeviceptr address, std::size_t bytes, std::size_t offset, CUmemGenericAllocationHandle handle, unsigned long long flags)) \
  X(CUresult, cuMemUnmap, (CUdeviceptr address, std::size_t bytes))                                                              \
  X(CUresult, cuMemSetAccess, (CUdeviceptr address, std::size_t bytes, const CUmemAccessDesc* access, std::size_t count))        \
  X(CUresult, cuMemHostAlloc, (void** address, std::size_t bytes, unsigned flags))                                               \
  X(CUresult, cuMemFreeHost, (void* address))                                                                                    \
  X(CUresult, cuMemcpyHtoDAsync_v2, (CUdeviceptr to, const void* from, std::size_t bytes, CUstream stream))                      \
  X(CUresult, cuMemcpyDtoHAsync_v2, (void* to, CUdeviceptr from, std::size_t bytes, CUstream stream))                            \
  X(CUresult, cuMemcpyDtoDAsync_v2, (CUdeviceptr to, CUdeviceptr from, std::size_t bytes, CUstream stream))                      \
  X(CUresult, cuMemsetD8Async, (CUdeviceptr to, unsigned char value, std::size_t bytes, CUstream stream))                        \
  /* streams and events */                                                                                                       \
  X(CUresult, cuStreamCreateWithPriority, (CUstream * stream, unsigned flags, int priority))                                     \
  X(CUresult, cuStreamDestroy_v2, (CUstream stream))                                                                             \
  X(CUresult, cuStreamSynchronize, (CUstream stream))                                                                            \
  X(CUresult, cuStreamQuery, (CUstream stream))                                                                                  \
  X(CUresult, cuStreamWaitEvent, (CUstream stream, CUevent event, unsigned flags))                                               \
  X(CUresult, cuEventCreate, (CUevent * event, unsigned flags))                                                                  \
  X(CUresult, cuEventDestroy_v2, (CUevent event))                                                                                \
  X(CUresult, cuEventRecord, (CUevent event, CUstream stream))                                                                   \
  X(CUresult, cuEventSynchronize, (CUevent event))                                                                               \
  X(CUresult, cuEventQuery, (CUevent event))                                                                                     \
  X(CUresult, cuEventElapsedTime, (float* milliseconds, CUevent from, CUevent to))                                               \
  /* kernels and graphs */                                                                                                       \
  X(CUresult, cuModuleLoadData, (CUmodule * module, const void* image))                                                          \
  X(CUresult, cuModuleUnload, (CUmodule module))                                                                                 \
  X(CUresult, cuModuleGetFunction, (CUfunction * function, CUmodule module, const char* name))                                   \
  X(CUresult, cuLaunchKernel,                                                                                                    \
    (CUfunction function, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x, unsigned block_y,                 \
     unsigned block_z, unsigned shared_bytes, CUstream stream, void** parameters, void** extra))                                 \
  X(CUresult, cuStreamBeginCapture_v2, (CUstream stream, DriverFlag mode))                                                       \
  X(CUresult, cuStreamEndCapture, (CUstream stream, CUgraph * graph))                                                            \
  X(CUresult, cuGraphInstantiateWithFlags, (CUgraphExec * executable, CUgraph graph, unsigned long long flags))                  \
  X(CUresult, cuGraphLaunch, (CUgraphExec executable, CUstream stream))                                                          \
  X(CUresult, cuGraphExecDestroy, (CUgraphExec executable))                                                                      \
  X(CUresult, cuGraphDestroy, (CUgraph graph))

struct Driver {
  static LibraryNames names() { return {"CUDA's driver", {{"libcuda.so.1"}}, true}; }
  CORNU_CUDA_TABLE(CORNU_DRIVER)
};

}  // namespace cornu::cuda
