#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "cornu/device/fence.h"
#include "cornu/device/memory_source.h"
#include "cornu/device/memory_stats.h"

namespace cornu::devices {

struct AllocatorOptions {
  std::string device;                // "GPU:0", for messages
  std::size_t limit = 0;             // bytes; what is taken from the source never exceeds it
  bool is_limit_configured = false;  // else it is what the device has
  bool growth = true;                // take memory as it is needed; otherwise the whole limit at once
};

// Bytes.
struct AllocatorStatistics {
  std::size_t in_use = 0;        // of pieces that are held, rounded up as they are
  std::size_t taken = 0;         // from the source
  std::size_t cached = 0;        // taken and not in use
  std::size_t largest_free = 0;  // the largest piece that needs nothing from the source
  std::size_t limit = 0;
  int64_t allocations = 0;  // since the start
};

// The memory of one logical device: best fit, with neighbours merged as they come back. Where the source has virtual memory all lies
// in one range of addresses, so that what grew later is a neighbour too, and a hole can be given back without moving anything.
//
// It knows one order of work, that of the device's main stream: a piece that comes back may be handed out at once, because whoever
// gets it uses it later in that order. What another stream may still use comes back through `free_after`.
class Allocator {
  struct Block;

 public:
  static constexpr std::size_t kAlignment = 256;

  // What is in use is counted in `memory` too, which outlives it. ResourceExhaustedError without growth, if the limit cannot be taken.
  Allocator(std::unique_ptr<MemorySource> source, AllocatorOptions options, MemoryStats& memory);
  ~Allocator();  // after its last piece
  Allocator(const Allocator&) = delete;
  Allocator& operator=(const Allocator&) = delete;

  // A piece of memory, which goes back with its holder.
  class Piece {
   public:
    Piece() = default;
    Piece(Piece&& other) noexcept : allocator_(std::exchange(other.allocator_, nullptr)), block_(other.block_) {}
    Piece& operator=(Piece&& other) noexcept {
      std::swap(allocator_, other.allocator_);
      std::swap(block_, other.block_);
      return *this;
    }
    ~Piece() {
      if (allocator_) allocator_->free(block_);
    }
    uintptr_t address() const { return allocator_ ? block_->at : 0; }
    std::size_t bytes() const { return allocator_ ? block_->bytes : 0; }  // at least what was asked for

   private:
    friend class Allocator;
    Piece(Allocator* allocator, Block* block) : allocator_(allocator), block_(block) {}
    Allocator* allocator_ = nullptr;
    Block* block_ = nullptr;
  };

  // `holder` says in messages what the memory is for: "dense/kernel", "scratch". No bytes are a piece without an address.
  // ResourceExhaustedError, one paragraph, when neither free memory nor the source nor what can be given back will do.
  Piece allocate(std::size_t bytes, std::string holder);
  // Takes a piece back that work before the fence may still use: it is free when the fence has passed.
  void free_after(Piece piece, std::shared_ptr<Fence> fence);
  // Gives free memory back to the source, in whole granules, when the device's work is over. Returns the bytes.
  std::size_t release_cached();
  AllocatorStatistics statistics() const;

 private:
  enum class State : uint8_t { free, used, hole };  // a hole has addresses and no memory
  struct Region;
  struct Pool;
  struct Block {
    uintptr_t at;
    std::size_t bytes;
    State state;
    Region* region;
    std::list<Block>::iterator self;
    std::string holder = {};
  };
  struct Region {
    uintptr_t at;
    std::size_t bytes;
    Pool* pool;
    std::list<Block> blocks = {};  // by address, without gaps
  };
  struct BySize {
    bool operator()(const Block* a, const Block* b) const { return std::pair(a->bytes, a->at) < std::pair(b->bytes, b->at); }
  };
  // Regions for pieces of a kind: small ones have their own, so that they do not cut up the room of large ones.
  struct Pool {
    std::set<Block*, BySize> free = {}, holes = {};
  };

  static constexpr std::size_t kLarge = 128 << 10;

  void free(Block* block);
  void make_free(Block& block);
  bool reclaim(bool waits);
  Block* find_room(std::size_t bytes);
  Block* take_free(std::size_t bytes);
  Block* take_free(Pool& pool, std::size_t bytes);
  Pool& pool_of(std::size_t bytes) { return bytes < kLarge ? small_ : large_; }
  bool grow(std::size_t bytes);
  bool grow_range(Pool& pool, std::size_t bytes);
  bool add_region(Pool& pool, std::size_t bytes);
  bool fill(Block& hole, std::size_t bytes);
  std::size_t release(std::size_t enough = SIZE_MAX);
  std::size_t punch(Block& block);
  std::size_t drop_empty_regions(std::size_t enough);
  void give_back_regions();
  Region& new_region(Pool& pool, uintptr_t at, std::size_t bytes, State state);
  Block& insert_before(Block& next, std::size_t bytes);
  void enlist(Block& block);
  void unlist(Block& block);
  Block& set_state(Block& block, State state);
  std::size_t largest_free() const;
  std::size_t room() const { return options_.limit - taken_; }
  std::string out_of_memory(std::size_t bytes, const std::string& holder) const;

  const std::unique_ptr<MemorySource> source_;
  const AllocatorOptions options_;
  mutable std::mutex mutex_;
  std::list<Region> regions_;
  Pool small_, large_;
  struct Retired {
    Block* block;
    std::shared_ptr<Fence> fence;
  };
  std::vector<Retired> retired_;
  MemoryStats& memory_;
  std::size_t taken_ = 0, in_use_ = 0;
  int64_t allocations_ = 0;
};

}  // namespace cornu::devices
