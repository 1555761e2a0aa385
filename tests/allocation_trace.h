#pragma once

#include <algorithm>
#include <charconv>
#include <span>
#include <string>
#include <vector>

#include "cornu/base/errors.h"
#include "cornu/device/allocator.h"
#include "cornu/io/file.h"
#include "cornu/io/inflate.h"

// What a training asked of an allocator (bench/traces/record.py) and an allocator that is asked the same.
namespace cornu::devices {

struct Request {
  std::size_t bytes = 0;  // of a new piece, or
  std::size_t piece = 0;  // the number of the one that comes back
  bool is_free = false;
};

inline std::vector<Request> read_trace(const std::string& path) {
  constexpr std::size_t kMostBytes = 64 << 20;
  const auto bytes = io::gunzip(io::map_file(path), kMostBytes);
  const char *at = reinterpret_cast<const char*>(bytes.data.get()), *end = at + bytes.size;
  std::vector<Request> trace;
  while (at < end) {
    Request request{.is_free = *at == '-'};
    std::size_t number = 0;
    const auto [next, failure] = std::from_chars(at + (request.is_free ? 1 : 0), end, number);
    if (failure != std::errc()) throw error<FileError>("'{}' is not a trace of allocations: line {}", path, trace.size() + 1);
    (request.is_free ? request.piece : request.bytes) = number;
    trace.push_back(request);
    at = next < end ? next + 1 : end;
  }
  return trace;
}

// What is still held at the end of the trace comes back then.
inline void replay(const std::vector<Request>& trace, Allocator& allocator) {
  std::vector<Allocator::Piece> pieces;
  pieces.reserve(trace.size());
  for (const Request& request : trace) {
    if (request.is_free) pieces.at(request.piece) = {};
    else pieces.push_back(allocator.allocate(request.bytes, "tensor"));
  }
}

// Addresses without memory, as much as is wanted: what the allocator itself costs.
class EndlessSource : public MemorySource {
 public:
  explicit EndlessSource(bool has_virtual_memory) : has_virtual_memory_(has_virtual_memory) {}
  std::size_t granule() const override { return std::size_t{2} << 20; }
  std::size_t available() const override { return std::size_t{1} << 40; }
  bool has_virtual_memory() const override { return has_virtual_memory_; }
  uintptr_t reserve(std::size_t bytes) override {
    if (!has_virtual_memory_) take(bytes);
    return std::exchange(next_, next_ + bytes + granule());
  }
  void give_back(uintptr_t, std::size_t bytes) override {
    if (!has_virtual_memory_) taken_ -= bytes;
  }
  bool map(uintptr_t, std::size_t bytes) override { return take(bytes), true; }
  void unmap(uintptr_t, std::size_t bytes) override { taken_ -= bytes; }
  // The most that was taken at once.
  std::size_t peak() const { return peak_; }

 private:
  void take(std::size_t bytes) { peak_ = std::max(peak_, taken_ += bytes); }

  const bool has_virtual_memory_;
  std::size_t taken_ = 0, peak_ = 0;
  uintptr_t next_ = uintptr_t{1} << 40;
};

// An allocator over such a source.
struct EndlessDevice {
  explicit EndlessDevice(bool has_virtual_memory, std::size_t limit = std::size_t{64} << 30)
      : source(new EndlessSource(has_virtual_memory)),
        allocator(std::unique_ptr<MemorySource>(source), {.device = "GPU:0", .limit = limit}, memory) {}
  // Memory that was taken beyond what was ever in use at once, as a share of it.
  double fragmentation() const { return 1 - static_cast<double>(memory.info().peak) / static_cast<double>(source->peak()); }

  MemoryStats memory;
  EndlessSource* source;
  Allocator allocator;
};

}  // namespace cornu::devices
