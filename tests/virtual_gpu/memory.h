#pragma once

#include <cstddef>
#include <cstdint>
#include <map>

#include "cornu/backend/cuda/library/driver.h"
#include "tests/virtual_gpu/script.h"

namespace virtual_gpu {

using cornu::cuda::CUresult;

// The memory of a card: pages of the host that only the card's own work may touch, so that a host that follows an address of the
// device is trapped. What was never written holds no zeros.
class Memory {
 public:
  static constexpr std::size_t kGranule = 2 << 20;

  explicit Memory(const Card& card);
  ~Memory();
  Memory(const Memory&) = delete;

  std::size_t total() const { return total_; }
  std::size_t free() const { return total_ - taken_; }

  CUresult allocate(uintptr_t* at, std::size_t bytes);
  CUresult free(uintptr_t at);

  CUresult reserve(uintptr_t* at, std::size_t bytes, std::size_t alignment);
  CUresult give_back(uintptr_t at, std::size_t bytes);
  CUresult create(unsigned long long* handle, std::size_t bytes);
  CUresult release(unsigned long long handle);
  CUresult map(uintptr_t at, std::size_t bytes, std::size_t offset, unsigned long long handle);
  CUresult unmap(uintptr_t at, std::size_t bytes);
  CUresult allow(uintptr_t at, std::size_t bytes);

  // Whether the card may read and write there.
  bool is_accessible(uintptr_t at, std::size_t bytes) const;

  // While one lives, the card works: its memory can be touched.
  class Access {
   public:
    explicit Access(Memory& memory) : memory_(memory) { memory_.protect(true); }
    ~Access() { memory_.protect(false); }
    Access(const Access&) = delete;

   private:
    Memory& memory_;
  };

 private:
  struct Physical {
    std::size_t bytes;
    int mappings = 0;
    bool is_released = false;
  };
  struct Mapping {
    std::size_t bytes;
    unsigned long long physical;  // 0 for plain allocations
    bool is_accessible;
  };

  CUresult take(std::size_t bytes);
  void drop_if_unused(unsigned long long handle);
  const std::pair<const uintptr_t, std::size_t>* range_of(uintptr_t at, std::size_t bytes) const;
  void fill(uintptr_t at, std::size_t bytes);
  void protect(bool is_open);

  std::size_t total_, taken_;
  std::map<uintptr_t, std::size_t> ranges_;  // reserved addresses
  std::map<uintptr_t, Mapping> mappings_;
  std::map<unsigned long long, Physical> physical_;
  unsigned long long next_handle_ = 1;
  int open_ = 0;
};

// Page-locked memory of the host, which copies read and write when they come to it.
class PinnedMemory {
 public:
  CUresult allocate(void** at, std::size_t bytes);
  CUresult free(void* at);
  bool holds(const void* at, std::size_t bytes) const;

 private:
  std::map<uintptr_t, std::size_t> pieces_;
};
PinnedMemory& pinned_memory();

}  // namespace virtual_gpu
