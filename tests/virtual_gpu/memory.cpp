#include "tests/virtual_gpu/memory.h"

#include <fmt/format.h>
#include <sys/mman.h>

#include <cstring>

namespace virtual_gpu {

using namespace cornu::cuda;

namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kMostFilled = std::size_t{1} << 30;  // a card of more would take the machine's memory
constexpr int kRubbish = 0xA5;

std::size_t round_up(std::size_t bytes, std::size_t to) { return (bytes + to - 1) / to * to; }

uintptr_t addresses(std::size_t bytes) {
  void* at = ::mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return at == MAP_FAILED ? 0 : reinterpret_cast<uintptr_t>(at);
}
void* pointer(uintptr_t at) { return reinterpret_cast<void*>(at); }

}  // namespace

Memory::Memory(const Card& card)
    : total_(static_cast<std::size_t>(card.memory_mib) << 20), taken_(static_cast<std::size_t>(card.used_mib) << 20) {}

Memory::~Memory() {
  for (const auto& [at, bytes] : ranges_) ::munmap(pointer(at), bytes);
}

CUresult Memory::take(std::size_t bytes) {
  if (bytes > free()) return CUDA_ERROR_OUT_OF_MEMORY;
  taken_ += bytes;
  return CUDA_SUCCESS;
}

// The end of a plain allocation is the end of a page, and behind it nothing can be touched.
CUresult Memory::allocate(uintptr_t* at, std::size_t bytes) {
  if (bytes == 0) return CUDA_ERROR_INVALID_VALUE;
  const std::size_t size = round_up(bytes, kPage), range = size + 2 * kPage;
  if (const CUresult result = take(size); result != CUDA_SUCCESS) return result;
  const uintptr_t begin = addresses(range);
  if (begin == 0) return CUDA_ERROR_OUT_OF_MEMORY;
  ranges_[begin] = range;
  const std::size_t front = (size - bytes) / 256 * 256;  // cuMemAlloc aligns for every type, to 256 bytes
  *at = begin + kPage + front;
  mappings_[*at] = {size - front, 0, true};
  fill(*at, size - front);
  return CUDA_SUCCESS;
}

CUresult Memory::free(uintptr_t at) {
  const auto mapping = mappings_.find(at);
  if (mapping == mappings_.end() || mapping->second.physical != 0) return CUDA_ERROR_INVALID_VALUE;
  const auto range = std::prev(ranges_.upper_bound(at));
  taken_ -= range->second - 2 * kPage;
  ::munmap(pointer(range->first), range->second);
  ranges_.erase(range);
  mappings_.erase(mapping);
  return CUDA_SUCCESS;
}

CUresult Memory::reserve(uintptr_t* at, std::size_t bytes, std::size_t alignment) {
  if (bytes == 0 || bytes % kGranule != 0 || (alignment & (alignment - 1)) != 0) return CUDA_ERROR_INVALID_VALUE;
  const std::size_t to = std::max(alignment, kGranule);
  const uintptr_t wide = addresses(bytes + to);
  if (wide == 0) return CUDA_ERROR_OUT_OF_MEMORY;
  *at = round_up(wide, to);
  if (*at > wide) ::munmap(pointer(wide), *at - wide);
  ::munmap(pointer(*at + bytes), wide + to - *at);
  ranges_[*at] = bytes;
  return CUDA_SUCCESS;
}

const std::pair<const uintptr_t, std::size_t>* Memory::range_of(uintptr_t at, std::size_t bytes) const {
  auto range = ranges_.upper_bound(at);
  if (range == ranges_.begin()) return nullptr;
  --range;
  return at + bytes <= range->first + range->second ? &*range : nullptr;
}

CUresult Memory::give_back(uintptr_t at, std::size_t bytes) {
  const auto range = ranges_.find(at);
  if (range == ranges_.end() || range->second != bytes) return CUDA_ERROR_INVALID_VALUE;
  if (const auto mapped = mappings_.lower_bound(at); mapped != mappings_.end() && mapped->first < at + bytes)
    violation(fmt::format("cuMemAddressFree of a range with memory at {:#x}", mapped->first));
  ::munmap(pointer(at), bytes);
  ranges_.erase(range);
  return CUDA_SUCCESS;
}

CUresult Memory::create(unsigned long long* handle, std::size_t bytes) {
  if (bytes == 0 || bytes % kGranule != 0) return CUDA_ERROR_INVALID_VALUE;
  if (const CUresult result = take(bytes); result != CUDA_SUCCESS) return result;
  *handle = next_handle_++;
  physical_[*handle] = {bytes};
  return CUDA_SUCCESS;
}

void Memory::drop_if_unused(unsigned long long handle) {
  const auto physical = physical_.find(handle);
  if (physical->second.mappings > 0 || !physical->second.is_released) return;
  taken_ -= physical->second.bytes;
  physical_.erase(physical);
}

CUresult Memory::release(unsigned long long handle) {
  const auto physical = physical_.find(handle);
  if (physical == physical_.end() || physical->second.is_released) return CUDA_ERROR_INVALID_VALUE;
  physical->second.is_released = true;
  drop_if_unused(handle);
  return CUDA_SUCCESS;
}

CUresult Memory::map(uintptr_t at, std::size_t bytes, std::size_t offset, unsigned long long handle) {
  const auto physical = physical_.find(handle);
  if (physical == physical_.end() || offset != 0 || bytes != physical->second.bytes) return CUDA_ERROR_INVALID_VALUE;
  if (at % kGranule != 0 || !range_of(at, bytes)) return CUDA_ERROR_INVALID_VALUE;
  auto next = mappings_.lower_bound(at);
  const bool meets_next = next != mappings_.end() && next->first < at + bytes;
  const bool meets_before = next != mappings_.begin() && std::prev(next)->first + std::prev(next)->second.bytes > at;
  if (meets_next || meets_before) return CUDA_ERROR_INVALID_VALUE;
  ++physical->second.mappings;
  mappings_[at] = {bytes, handle, false};
  fill(at, bytes);
  return CUDA_SUCCESS;
}

// Several mappings may go at once, each as a whole.
CUresult Memory::unmap(uintptr_t at, std::size_t bytes) {
  const uintptr_t end = at + bytes;
  for (uintptr_t place = at; place < end;) {
    const auto mapping = mappings_.find(place);
    if (mapping == mappings_.end() || mapping->second.physical == 0 || place + mapping->second.bytes > end)
      return CUDA_ERROR_INVALID_VALUE;
    place += mapping->second.bytes;
  }
  while (at < end) {
    const auto mapping = mappings_.find(at);
    const unsigned long long handle = mapping->second.physical;
    ::madvise(pointer(at), mapping->second.bytes, MADV_DONTNEED);
    ::mprotect(pointer(at), mapping->second.bytes, PROT_NONE);
    at += mapping->second.bytes;
    mappings_.erase(mapping);
    --physical_[handle].mappings;
    drop_if_unused(handle);
  }
  return CUDA_SUCCESS;
}

CUresult Memory::allow(uintptr_t at, std::size_t bytes) {
  for (uintptr_t place = at; place < at + bytes;) {
    const auto mapping = mappings_.find(place);
    if (mapping == mappings_.end()) return CUDA_ERROR_INVALID_VALUE;
    mapping->second.is_accessible = true;
    place += mapping->second.bytes;
  }
  return CUDA_SUCCESS;
}

bool Memory::is_accessible(uintptr_t at, std::size_t bytes) const {
  for (uintptr_t place = at; place < at + bytes;) {
    auto mapping = mappings_.upper_bound(place);
    if (mapping == mappings_.begin()) return false;
    --mapping;
    const uintptr_t end = mapping->first + mapping->second.bytes;
    if (end <= place || !mapping->second.is_accessible) return false;
    place = end;
  }
  return true;
}

void Memory::fill(uintptr_t at, std::size_t bytes) {
  if (total_ > kMostFilled) return;
  const uintptr_t page = at / kPage * kPage, whole = round_up(at + bytes, kPage) - page;
  ::mprotect(pointer(page), whole, PROT_READ | PROT_WRITE);
  std::memset(pointer(at), kRubbish, bytes);
  if (open_ == 0) ::mprotect(pointer(page), whole, PROT_NONE);
}

void Memory::protect(bool is_open) {
  open_ += is_open ? 1 : -1;
  if (open_ != (is_open ? 1 : 0) || script().idle) return;
  for (auto mapping = mappings_.begin(); mapping != mappings_.end();) {
    const uintptr_t begin = mapping->first / kPage * kPage;
    const bool is_accessible = mapping->second.is_accessible;
    uintptr_t end = begin;  // of the neighbours that go with it
    while (mapping != mappings_.end() && mapping->second.is_accessible == is_accessible &&
           (end == begin || mapping->first == end)) {
      end = mapping->first + mapping->second.bytes;
      ++mapping;
    }
    if (is_accessible) ::mprotect(pointer(begin), end - begin, is_open ? PROT_READ | PROT_WRITE : PROT_NONE);
  }
}

CUresult PinnedMemory::allocate(void** at, std::size_t bytes) {
  if (bytes == 0) return CUDA_ERROR_INVALID_VALUE;
  *at = ::mmap(nullptr, round_up(bytes, kPage), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (*at == MAP_FAILED) return CUDA_ERROR_OUT_OF_MEMORY;
  pieces_[reinterpret_cast<uintptr_t>(*at)] = bytes;
  return CUDA_SUCCESS;
}

CUresult PinnedMemory::free(void* at) {
  const auto piece = pieces_.find(reinterpret_cast<uintptr_t>(at));
  if (piece == pieces_.end()) return CUDA_ERROR_INVALID_VALUE;
  ::munmap(at, round_up(piece->second, kPage));
  pieces_.erase(piece);
  return CUDA_SUCCESS;
}

bool PinnedMemory::holds(const void* at, std::size_t bytes) const {
  const auto place = reinterpret_cast<uintptr_t>(at);
  auto piece = pieces_.upper_bound(place);
  if (piece == pieces_.begin()) return false;
  --piece;
  return place + bytes <= piece->first + piece->second;
}

PinnedMemory& pinned_memory() {
  static auto* memory = new PinnedMemory;
  return *memory;
}

}  // namespace virtual_gpu
