#pragma once

#include <cstddef>
#include <cstdint>

#include "cornu/backend/cuda/library/table.h"

// CUPTI: when the card began and ended each piece of its work.
struct CUctx_st;

namespace cornu::cuda {

#define CORNU_CUPTI_RESULTS(X) X(CUPTI_SUCCESS, 0) X(CUPTI_ERROR_MAX_LIMIT_REACHED, 12)
#define CORNU_CUPTI_KINDS(X) \
  X(CUPTI_ACTIVITY_KIND_MEMCPY, 1) X(CUPTI_ACTIVITY_KIND_MEMSET, 2) X(CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL, 10)
#define CORNU_CUPTI_COPIES(X)           \
  X(CUPTI_ACTIVITY_MEMCPY_KIND_HTOD, 1) \
  X(CUPTI_ACTIVITY_MEMCPY_KIND_DTOH, 2) \
  X(CUPTI_ACTIVITY_MEMCPY_KIND_DTOD, 8)
enum CUptiResult : unsigned { CORNU_CUPTI_RESULTS(CORNU_CUDA_ENUMERATOR) };
enum CUpti_ActivityKind : unsigned { CORNU_CUPTI_KINDS(CORNU_CUDA_ENUMERATOR) };
enum CUpti_ActivityMemcpyKind : std::uint8_t { CORNU_CUPTI_COPIES(CORNU_CUDA_ENUMERATOR) };
inline constexpr unsigned kFlushForced = 1;  // CUPTI_ACTIVITY_FLAG_FLUSH_FORCED

// How records begin, in CUDA 12 and 13 alike; each version has its own end. Times are nanoseconds of CUPTI's clock, 0 where unknown.
struct alignas(8) CUpti_Activity {
  CUpti_ActivityKind kind;
};
struct CUpti_ActivityMemcpy {
  CUpti_ActivityKind kind;
  CUpti_ActivityMemcpyKind copyKind;
  std::uint8_t srcKind, dstKind, flags;
  std::uint64_t bytes, start, end;
  std::uint32_t deviceId, contextId, streamId;
};
struct CUpti_ActivityMemset {
  CUpti_ActivityKind kind;
  std::uint32_t value;
  std::uint64_t bytes, start, end;
  std::uint32_t deviceId, contextId, streamId;
};
struct CUpti_ActivityKernel {
  CUpti_ActivityKind kind;
  std::uint8_t cacheConfig, sharedMemoryConfig;
  std::uint16_t registersPerThread;
  std::uint32_t partitionedGlobalCacheRequested, partitionedGlobalCacheExecuted;
  std::uint64_t start, end, completed;
  std::uint32_t deviceId, contextId, streamId;
  std::int32_t gridX, gridY, gridZ, blockX, blockY, blockZ, staticSharedMemory, dynamicSharedMemory;
  std::uint32_t localMemoryPerThread, localMemoryTotal, correlationId;
  std::int64_t gridId;
  const char* name;
};

using CuptiBufferRequested = void (*)(std::uint8_t** buffer, std::size_t* bytes, std::size_t* most_records);
using CuptiBufferCompleted = void (*)(CUctx_st*, std::uint32_t stream, std::uint8_t* buffer, std::size_t bytes,
                                      std::size_t valid);

#define CORNU_CUPTI(X)                                                                                             \
  X(CUptiResult, cuptiGetVersion, (std::uint32_t * version))                                                       \
  X(CUptiResult, cuptiGetTimestamp, (std::uint64_t * now))                                                         \
  X(CUptiResult, cuptiGetResultString, (CUptiResult result, const char** text))                                    \
  X(CUptiResult, cuptiActivityRegisterCallbacks, (CuptiBufferRequested requested, CuptiBufferCompleted completed)) \
  X(CUptiResult, cuptiActivityEnable, (CUpti_ActivityKind kind))                                                   \
  X(CUptiResult, cuptiActivityDisable, (CUpti_ActivityKind kind))                                                  \
  X(CUptiResult, cuptiActivityFlushAll, (std::uint32_t flags))                                                     \
  X(CUptiResult, cuptiActivityGetNextRecord, (std::uint8_t * buffer, std::size_t bytes, CUpti_Activity * *record))

struct Cupti {
  static LibraryNames names() { return {"the profiler", {{"libcupti.so.13", 13}, {"libcupti.so.12", 12}}}; }
  CORNU_CUDA_TABLE(CORNU_CUPTI)
};

}  // namespace cornu::cuda
