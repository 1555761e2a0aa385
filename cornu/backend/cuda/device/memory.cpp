#include "cornu/backend/cuda/device/memory.h"

#include <unistd.h>

#include "cornu/backend/cuda/library/calls.h"

namespace cornu::cuda {
namespace {

using devices::MemorySource;

// What another process holds is no error of ours: the allocator tells of it.
bool has_memory(CUresult result, const char* call) {
  if (result == CUDA_ERROR_OUT_OF_MEMORY) return false;
  must(result, call);
  return true;
}

// Every call for a card is made in its context.
class CardSource : public MemorySource {
 public:
  explicit CardSource(const Gpu& gpu) : gpu_(gpu) {}
  std::size_t available() const override {
    gpu_.make_current();
    std::size_t free = 0, total = 0;
    CORNU_DRIVER_CALL(cuMemGetInfo_v2, &free, &total);
    return free;
  }
  void finish_work() override {
    const auto alone = gpu_.recording();
    gpu_.make_current();
    CORNU_DRIVER_CALL(cuCtxSynchronize, );
  }

 protected:
  const Gpu& gpu_;
};

// Memory behind addresses, a handle for each granule: what was mapped at once can be unmapped only at once.
class MappedMemory final : public CardSource {
 public:
  explicit MappedMemory(const Gpu& gpu) : CardSource(gpu) {
    properties_.type = CU_MEM_ALLOCATION_TYPE_PINNED;
    properties_.location = {CU_MEM_LOCATION_TYPE_DEVICE, gpu.ordinal()};
    CORNU_DRIVER_CALL(cuMemGetAllocationGranularity, &granule_, &properties_, CU_MEM_ALLOC_GRANULARITY_RECOMMENDED);
  }
  std::size_t granule() const override { return granule_; }
  bool has_virtual_memory() const override { return true; }

  uintptr_t reserve(std::size_t bytes) override {
    gpu_.make_current();
    CUdeviceptr at = 0;
    return has_memory(driver().cuMemAddressReserve(&at, bytes, 0, 0, 0), "cuMemAddressReserve") ? at : 0;
  }
  void give_back(uintptr_t at, std::size_t bytes) override {
    gpu_.make_current();
    CORNU_DRIVER_CALL(cuMemAddressFree, at, bytes);
  }

  bool map(uintptr_t at, std::size_t bytes) override {
    gpu_.make_current();
    for (std::size_t done = 0; done < bytes; done += granule_) {
      if (map_granule(at + done)) continue;
      if (done > 0) unmap(at, done);
      return false;
    }
    const CUmemAccessDesc access{properties_.location, CU_MEM_ACCESS_FLAGS_PROT_READWRITE};
    CORNU_DRIVER_CALL(cuMemSetAccess, at, bytes, &access, 1);
    return true;
  }
  void unmap(uintptr_t at, std::size_t bytes) override {
    gpu_.make_current();
    for (std::size_t done = 0; done < bytes; done += granule_) CORNU_DRIVER_CALL(cuMemUnmap, at + done, granule_);
  }

 private:
  // The mapping keeps the memory; the handle is not needed any more.
  bool map_granule(uintptr_t at) {
    CUmemGenericAllocationHandle handle = 0;
    if (!has_memory(driver().cuMemCreate(&handle, granule_, &properties_, 0), "cuMemCreate")) return false;
    const CUresult mapped = driver().cuMemMap(at, granule_, 0, handle, 0);
    CORNU_DRIVER_CALL(cuMemRelease, handle);
    return has_memory(mapped, "cuMemMap");
  }

  CUmemAllocationProp properties_{};
  std::size_t granule_ = 0;
};

class BlockMemory final : public CardSource {
 public:
  using CardSource::CardSource;
  std::size_t granule() const override { return std::size_t{1} << 20; }
  bool has_virtual_memory() const override { return false; }
  uintptr_t reserve(std::size_t bytes) override {
    gpu_.make_current();
    CUdeviceptr at = 0;
    return has_memory(driver().cuMemAlloc_v2(&at, bytes), "cuMemAlloc") ? at : 0;
  }
  void give_back(uintptr_t at, std::size_t) override {
    gpu_.make_current();
    CORNU_DRIVER_CALL(cuMemFree_v2, at);
  }
  bool map(uintptr_t, std::size_t) override { return false; }
  void unmap(uintptr_t, std::size_t) override {}
};

class PinnedMemory final : public CardSource {
 public:
  using CardSource::CardSource;
  std::size_t available() const override { return static_cast<std::size_t>(sysconf(_SC_AVPHYS_PAGES)) * sysconf(_SC_PAGESIZE); }
  std::size_t granule() const override { return std::size_t{1} << 20; }
  bool has_virtual_memory() const override { return false; }
  uintptr_t reserve(std::size_t bytes) override {
    gpu_.make_current();
    void* at = nullptr;
    const bool has = has_memory(driver().cuMemHostAlloc(&at, bytes, kHostAllocPortable), "cuMemHostAlloc");
    return has ? reinterpret_cast<uintptr_t>(at) : 0;
  }
  void give_back(uintptr_t at, std::size_t) override {
    gpu_.make_current();
    CORNU_DRIVER_CALL(cuMemFreeHost, reinterpret_cast<void*>(at));
  }
  bool map(uintptr_t, std::size_t) override { return false; }
  void unmap(uintptr_t, std::size_t) override {}
};

}  // namespace

std::unique_ptr<MemorySource> card_memory(const Gpu& gpu) {
  if (gpu.attribute(CU_DEVICE_ATTRIBUTE_VIRTUAL_MEMORY_MANAGEMENT_SUPPORTED)) return std::make_unique<MappedMemory>(gpu);
  return std::make_unique<BlockMemory>(gpu);
}

std::unique_ptr<MemorySource> pinned_memory(const Gpu& gpu) { return std::make_unique<PinnedMemory>(gpu); }

}  // namespace cornu::cuda
