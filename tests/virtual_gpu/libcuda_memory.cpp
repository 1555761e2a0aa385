// libcuda.so.1: contexts, memory and copies.
#include <cstring>

#include "cornu/backend/cuda/library/cupti.h"
#include "tests/virtual_gpu/entry.h"
#include "tests/virtual_gpu/work.h"

namespace virtual_gpu {
namespace {

thread_local CUctx_st* current = nullptr;

}  // namespace

std::recursive_mutex& machine() {
  static auto* mutex = new std::recursive_mutex;
  return *mutex;
}
CUctx_st* current_context() { return current; }

}  // namespace virtual_gpu

namespace cornu::cuda {
namespace {

using virtual_gpu::Memory;
using virtual_gpu::pinned_memory;

struct Primary {
  std::unique_ptr<CUctx_st> context;
  int holders = 0;
};
std::map<CUdevice, Primary>& primaries() {
  static auto* all = new std::map<CUdevice, Primary>;
  return *all;
}

bool is_on_this_card(const CUmemAllocationProp& properties) {
  return properties.type == CU_MEM_ALLOCATION_TYPE_PINNED && properties.location.type == CU_MEM_LOCATION_TYPE_DEVICE &&
         primaries().contains(properties.location.id);
}

}  // namespace
}  // namespace cornu::cuda

std::optional<std::size_t> virtual_gpu::used_memory(const std::string& pci_bus_id) {
  const std::lock_guard serving(machine());
  for (const auto& [device, primary] : cornu::cuda::primaries())
    if (primary.context && primary.context->card.pci_bus_id == pci_bus_id)
      return primary.context->memory.total() - primary.context->memory.free();
  return std::nullopt;
}

namespace cornu::cuda {
namespace {

virtual_gpu::Activity copying(CUpti_ActivityMemcpyKind kind) {
  return {.kind = virtual_gpu::Activity::Kind::copy, .copy_kind = kind};
}

// The part of a stream's work that copies, which says what it may not touch.
CUresult copy(CUcontext context, CUstream stream, virtual_gpu::Activity what, uintptr_t device, std::size_t bytes,
              virtual_gpu::Work work) {
  if (!virtual_gpu::is_stream(stream) || stream->context != context) return CUDA_ERROR_INVALID_HANDLE;
  if (!context->memory.is_accessible(device, bytes)) return CUDA_ERROR_INVALID_VALUE;
  what.bytes = bytes;
  return virtual_gpu::enqueue(
      *stream,
      [context, device, bytes, work = std::move(work)] {
        if (context->memory.is_accessible(device, bytes)) work();
        else context->lost = CUDA_ERROR_ILLEGAL_ADDRESS;  // it was unmapped meanwhile
      },
      std::move(what));
}

// Waits for the whole context, which cannot be done while a graph is captured.
CUresult wait_for_all(CUcontext context) {
  return virtual_gpu::is_capturing() ? CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED : virtual_gpu::drain(*context);
}

}  // namespace

extern "C" {

VIRTUAL_GPU_EXPORT CUresult cuDevicePrimaryCtxRetain(CUcontext* context, CUdevice device) {
  ENTER(cuDevicePrimaryCtxRetain);
  const auto cards = virtual_gpu::visible_cards();
  if (device < 0 || device >= std::ssize(cards)) return CUDA_ERROR_INVALID_DEVICE;
  Primary& primary = primaries()[device];
  if (!primary.context) primary.context = std::make_unique<CUctx_st>(*cards[static_cast<std::size_t>(device)], device);
  ++primary.holders;
  return *context = primary.context.get(), CUDA_SUCCESS;
}

VIRTUAL_GPU_EXPORT CUresult cuDevicePrimaryCtxRelease_v2(CUdevice device) {
  ENTER(cuDevicePrimaryCtxRelease_v2);
  const auto primary = primaries().find(device);
  if (primary == primaries().end() || primary->second.holders == 0) return CUDA_ERROR_INVALID_CONTEXT;
  if (--primary->second.holders > 0) return CUDA_SUCCESS;
  if (virtual_gpu::current == primary->second.context.get()) virtual_gpu::current = nullptr;
  primaries().erase(primary);
  return CUDA_SUCCESS;
}

VIRTUAL_GPU_EXPORT CUresult cuCtxSetCurrent(CUcontext context) {
  ENTER(cuCtxSetCurrent);
  virtual_gpu::current = context;
  return CUDA_SUCCESS;
}

VIRTUAL_GPU_EXPORT CUresult cuCtxGetDevice(CUdevice* device) {
  ENTER(cuCtxGetDevice);
  for (const auto& [ordinal, primary] : primaries())
    if (primary.context && primary.context.get() == virtual_gpu::current) return *device = ordinal, CUDA_SUCCESS;
  return CUDA_ERROR_INVALID_CONTEXT;
}

VIRTUAL_GPU_EXPORT CUresult cuCtxSynchronize() {
  ENTER_WITH_CONTEXT(cuCtxSynchronize);
  return wait_for_all(context);
}

VIRTUAL_GPU_EXPORT CUresult cuMemGetInfo_v2(std::size_t* free, std::size_t* total) {
  ENTER_WITH_CONTEXT(cuMemGetInfo_v2);
  *free = context->memory.free();
  *total = context->memory.total();
  return CUDA_SUCCESS;
}

VIRTUAL_GPU_EXPORT CUresult cuMemAlloc_v2(CUdeviceptr* address, std::size_t bytes) {
  ENTER_WITH_CONTEXT(cuMemAlloc_v2);
  if (virtual_gpu::is_capturing()) return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
  uintptr_t at = 0;
  const CUresult result = context->memory.allocate(&at, bytes);
  return *address = at, result;
}

VIRTUAL_GPU_EXPORT CUresult cuMemFree_v2(CUdeviceptr address) {
  ENTER_WITH_CONTEXT(cuMemFree_v2);
  if (const CUresult result = wait_for_all(context); result != CUDA_SUCCESS) return result;
  return context->memory.free(address);
}

VIRTUAL_GPU_EXPORT CUresult cuMemGetAllocationGranularity(std::size_t* bytes, const CUmemAllocationProp* properties, DriverFlag) {
  ENTER(cuMemGetAllocationGranularity);
  return *bytes = Memory::kGranule, is_on_this_card(*properties) ? CUDA_SUCCESS : CUDA_ERROR_INVALID_DEVICE;
}

VIRTUAL_GPU_EXPORT CUresult cuMemAddressReserve(CUdeviceptr* address, std::size_t bytes, std::size_t alignment, CUdeviceptr,
                                                unsigned long long flags) {
  ENTER_WITH_CONTEXT(cuMemAddressReserve);
  uintptr_t at = 0;
  const CUresult result = flags ? CUDA_ERROR_INVALID_VALUE : context->memory.reserve(&at, bytes, alignment);
  return *address = at, result;
}

VIRTUAL_GPU_EXPORT CUresult cuMemAddressFree(CUdeviceptr address, std::size_t bytes) {
  ENTER_WITH_CONTEXT(cuMemAddressFree);
  return context->memory.give_back(address, bytes);
}

VIRTUAL_GPU_EXPORT CUresult cuMemCreate(CUmemGenericAllocationHandle* handle, std::size_t bytes,
                                        const CUmemAllocationProp* properties, unsigned long long flags) {
  ENTER_WITH_CONTEXT(cuMemCreate);
  if (flags || !is_on_this_card(*properties)) return CUDA_ERROR_INVALID_VALUE;
  return context->memory.create(handle, bytes);
}

VIRTUAL_GPU_EXPORT CUresult cuMemRelease(CUmemGenericAllocationHandle handle) {
  ENTER_WITH_CONTEXT(cuMemRelease);
  return context->memory.release(handle);
}

VIRTUAL_GPU_EXPORT CUresult cuMemMap(CUdeviceptr address, std::size_t bytes, std::size_t offset,
                                     CUmemGenericAllocationHandle handle, unsigned long long flags) {
  ENTER_WITH_CONTEXT(cuMemMap);
  return flags ? CUDA_ERROR_INVALID_VALUE : context->memory.map(address, bytes, offset, handle);
}

// It waits for nobody: memory that work still uses is gone under it.
VIRTUAL_GPU_EXPORT CUresult cuMemUnmap(CUdeviceptr address, std::size_t bytes) {
  ENTER_WITH_CONTEXT(cuMemUnmap);
  return context->memory.unmap(address, bytes);
}

VIRTUAL_GPU_EXPORT CUresult cuMemSetAccess(CUdeviceptr address, std::size_t bytes, const CUmemAccessDesc* access,
                                           std::size_t count) {
  ENTER_WITH_CONTEXT(cuMemSetAccess);
  if (count != 1 || access->flags != CU_MEM_ACCESS_FLAGS_PROT_READWRITE) return CUDA_ERROR_INVALID_VALUE;
  return context->memory.allow(address, bytes);
}

VIRTUAL_GPU_EXPORT CUresult cuMemHostAlloc(void** address, std::size_t bytes, unsigned flags) {
  ENTER_WITH_CONTEXT(cuMemHostAlloc);
  if (flags & ~(kHostAllocPortable | kHostAllocMapped | kHostAllocWriteCombined)) return CUDA_ERROR_INVALID_VALUE;
  return pinned_memory().allocate(address, bytes);
}

VIRTUAL_GPU_EXPORT CUresult cuMemFreeHost(void* address) {
  ENTER_WITH_CONTEXT(cuMemFreeHost);
  if (const CUresult result = wait_for_all(context); result != CUDA_SUCCESS) return result;
  return pinned_memory().free(address);
}

// From pageable memory the copy is taken at once, into a buffer of the driver's; from pinned memory when the stream comes to it.
VIRTUAL_GPU_EXPORT CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void* from, std::size_t bytes, CUstream stream) {
  ENTER_WITH_CONTEXT(cuMemcpyHtoDAsync_v2);
  const auto target = reinterpret_cast<void*>(static_cast<uintptr_t>(to));
  const auto what = copying(CUPTI_ACTIVITY_MEMCPY_KIND_HTOD);
  if (pinned_memory().holds(from, bytes)) {
    const bool is_alone = stream->tasks.empty();
    const CUresult result = copy(context, stream, what, to, bytes, [=] { std::memcpy(target, from, bytes); });
    return is_alone && virtual_gpu::script().eager_copies && result == CUDA_SUCCESS ? virtual_gpu::drain(*stream) : result;
  }
  const auto staged = std::make_shared<std::vector<char>>(static_cast<const char*>(from), static_cast<const char*>(from) + bytes);
  return copy(context, stream, what, to, bytes, [=] { std::memcpy(target, staged->data(), bytes); });
}

// Into pageable memory it returns when it is done.
VIRTUAL_GPU_EXPORT CUresult cuMemcpyDtoHAsync_v2(void* to, CUdeviceptr from, std::size_t bytes, CUstream stream) {
  ENTER_WITH_CONTEXT(cuMemcpyDtoHAsync_v2);
  const auto source = reinterpret_cast<const void*>(static_cast<uintptr_t>(from));
  const CUresult result =
      copy(context, stream, copying(CUPTI_ACTIVITY_MEMCPY_KIND_DTOH), from, bytes, [=] { std::memcpy(to, source, bytes); });
  if (result != CUDA_SUCCESS || stream->graph || pinned_memory().holds(to, bytes)) return result;
  return virtual_gpu::drain(*stream);
}

VIRTUAL_GPU_EXPORT CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr to, CUdeviceptr from, std::size_t bytes, CUstream stream) {
  ENTER_WITH_CONTEXT(cuMemcpyDtoDAsync_v2);
  if (!context->memory.is_accessible(from, bytes)) return CUDA_ERROR_INVALID_VALUE;
  const auto target = reinterpret_cast<void*>(static_cast<uintptr_t>(to));
  const auto source = reinterpret_cast<const void*>(static_cast<uintptr_t>(from));
  return copy(context, stream, copying(CUPTI_ACTIVITY_MEMCPY_KIND_DTOD), to, bytes, [=] {
    if (!context->memory.is_accessible(from, bytes)) context->lost = CUDA_ERROR_ILLEGAL_ADDRESS;
    else std::memmove(target, source, bytes);
  });
}

VIRTUAL_GPU_EXPORT CUresult cuMemsetD8Async(CUdeviceptr to, unsigned char value, std::size_t bytes, CUstream stream) {
  ENTER_WITH_CONTEXT(cuMemsetD8Async);
  const auto target = reinterpret_cast<void*>(static_cast<uintptr_t>(to));
  return copy(context, stream, {.kind = virtual_gpu::Activity::Kind::fill}, to, bytes,
              [=] { std::memset(target, value, bytes); });
}

}  // extern "C"
}  // namespace cornu::cuda
