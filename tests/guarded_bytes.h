#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <span>

#include "cornu/io/bytes.h"

namespace cornu::io {

// A copy that ends where the next page may not be touched, so that reading past the end is a crash even in a release.
class GuardedBytes {
 public:
  explicit GuardedBytes(size_t largest) {
    const auto page = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
    room_ = (largest + page - 1) / page * page;
    mapped_ = room_ + page;
    void* memory = ::mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CORNU_CHECK(memory != MAP_FAILED);
    begin_ = static_cast<std::byte*>(memory);
    ::mprotect(begin_ + room_, page, PROT_NONE);
  }
  ~GuardedBytes() { ::munmap(begin_, mapped_); }
  FileBytes put(std::span<const std::byte> bytes) {
    std::byte* at = begin_ + room_ - bytes.size();
    std::copy(bytes.begin(), bytes.end(), at);
    return {"hostile", std::shared_ptr<const std::byte>(std::shared_ptr<void>(), at), bytes.size()};
  }

 private:
  size_t room_, mapped_;
  std::byte* begin_;
};

}  // namespace cornu::io
