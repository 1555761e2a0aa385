#pragma once

#include <cstddef>
#include <cstdint>

#include "cornu/backend/cuda/library/table.h"

// NVTX: how a profiler that watches this process learns of ranges of time. There is no library of NVIDIA's to open: the profiler's own,
// which NVTX_INJECTION64_PATH names, is given a table of empty entry points and fills in those that it wants to be called.
namespace cornu::cuda {

#define CORNU_NVTX_VALUES(X)      \
  X(NVTX_ETID_CALLBACKS, 1)       \
  X(NVTX_ETID_VERSIONINFO, 3)     \
  X(NVTX_CB_MODULE_CORE, 1)       \
  X(NVTX_CBID_CORE_RangePushA, 9) \
  X(NVTX_CBID_CORE_RangePop, 11)  \
  X(NVTX_CBID_CORE_SIZE, 16)
enum NvtxValue : unsigned { CORNU_NVTX_VALUES(CORNU_CUDA_ENUMERATOR) };

using NvtxEntryPoint = void (*)();
struct NvtxExportTableCallbacks {
  std::size_t struct_size;
  int (*GetModuleFunctionTable)(unsigned module, NvtxEntryPoint*** table, unsigned* entries);
};
struct NvtxExportTableVersionInfo {
  std::size_t struct_size;
  std::uint32_t version, reserved0;
  void (*SetInjectionNvtxVersion)(std::uint32_t version);
};
using NvtxGetExportTable = const void* (*)(std::uint32_t table);
using NvtxInitializeInjection = int (*)(NvtxGetExportTable tables);  // "InitializeInjectionNvtx2"

// Once a process: the timeline's spans become ranges of a profiler's, if one watches.
void connect_to_profiler();

}  // namespace cornu::cuda
