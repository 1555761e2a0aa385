#include "cornu/device/allocator.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "cornu/base/errors.h"

namespace cornu::devices {
namespace {

// Addresses cost nothing: so many times the limit for either pool, so that holes do not use them up.
constexpr std::size_t kSpareAddresses = 4;

std::size_t round_up(std::size_t bytes, std::size_t to) { return (bytes + to - 1) / to * to; }
std::size_t round_down(std::size_t bytes, std::size_t to) { return bytes / to * to; }

std::string mib(std::size_t bytes) {
  if (bytes % (1 << 20) == 0 || bytes >= std::size_t{100} << 20) return fmt::format("{} MiB", bytes >> 20);
  return fmt::format("{:.1f} MiB", double(bytes) / (1 << 20));
}

}  // namespace

Allocator::Allocator(std::unique_ptr<MemorySource> source, AllocatorOptions options, MemoryStats& memory)
    : source_(std::move(source)), options_(std::move(options)), memory_(memory) {
  const std::size_t granule = source_->granule(), most = round_down(options_.limit, granule);
  if (source_->has_virtual_memory() && most > 0)
    for (Pool* pool : {&large_, &small_})
      for (const std::size_t bytes : {most * kSpareAddresses, most})
        if (const uintptr_t at = source_->reserve(bytes)) {
          new_region(*pool, at, bytes, State::hole);
          break;
        }
  if (options_.growth) return;
  const bool has_all =
      source_->has_virtual_memory() ? !large_.holes.empty() && fill(**large_.holes.begin(), most) : add_region(large_, most);
  if (has_all) return;
  give_back_regions();
  throw error<ResourceExhaustedError>(
      "{} cannot reserve its whole limit of {}: the device has no more, or another process holds it. Turn memory growth on, or "
      "configure a smaller limit.",
      options_.device, mib(options_.limit));
}

Allocator::~Allocator() {
  reclaim(true);
  CORNU_CHECK(in_use_ == 0, "{} bytes of {} are still held.", in_use_, options_.device);
  try {
    release();
    give_back_regions();
  } catch (const DeviceError&) {
    // The device is lost, and its memory with it.
  }
}

void Allocator::give_back_regions() {
  for (Region& region : regions_) source_->give_back(region.at, region.bytes);
}

Allocator::Piece Allocator::allocate(std::size_t bytes, std::string holder) {
  if (bytes == 0) return {};
  const std::lock_guard lock(mutex_);
  Block* block = bytes <= options_.limit ? find_room(round_up(bytes, kAlignment)) : nullptr;
  if (!block) throw ResourceExhaustedError(out_of_memory(bytes, holder));
  block->holder = std::move(holder);
  in_use_ += block->bytes;
  memory_.add(static_cast<int64_t>(block->bytes));
  ++allocations_;
  return {this, block};
}

// Each way costs more than the one before it.
Allocator::Block* Allocator::find_room(std::size_t bytes) {
  reclaim(false);
  if (Block* block = take_free(bytes)) return block;
  if (grow(bytes)) return take_free(bytes);
  reclaim(true);
  for (Pool* pool : {&pool_of(bytes), &large_})
    if (Block* block = take_free(*pool, bytes)) return block;
  return options_.growth && release() > 0 && grow(bytes) ? take_free(bytes) : nullptr;
}

void Allocator::free(Block* block) {
  const std::lock_guard lock(mutex_);
  make_free(*block);
}

void Allocator::make_free(Block& block) {
  in_use_ -= block.bytes;
  memory_.remove(static_cast<int64_t>(block.bytes));
  block.holder.clear();
  set_state(block, State::free);
}

void Allocator::free_after(Piece piece, std::shared_ptr<Fence> fence) {
  if (!piece.allocator_) return;
  const std::lock_guard lock(mutex_);
  retired_.push_back({piece.block_, std::move(fence)});
  piece.allocator_ = nullptr;
}

// Whether anything came free.
bool Allocator::reclaim(bool waits) {
  return std::erase_if(retired_, [&](const Retired& retired) {
           if (waits) retired.fence->wait();
           else if (!retired.fence->has_passed()) return false;
           make_free(*retired.block);
           return true;
         }) > 0;
}

std::size_t Allocator::release_cached() {
  const std::lock_guard lock(mutex_);
  reclaim(false);
  return options_.growth ? release() : 0;
}

AllocatorStatistics Allocator::statistics() const {
  const std::lock_guard lock(mutex_);
  return {.in_use = in_use_,
          .taken = taken_,
          .cached = taken_ - in_use_,
          .largest_free = largest_free(),
          .limit = options_.limit,
          .allocations = allocations_};
}

// --- blocks ---

std::size_t Allocator::largest_free() const {
  std::size_t largest = 0;
  for (const Pool* pool : {&small_, &large_})
    if (!pool->free.empty()) largest = std::max(largest, (*pool->free.rbegin())->bytes);
  return largest;
}

Allocator::Block* Allocator::take_free(std::size_t bytes) { return take_free(pool_of(bytes), bytes); }

// The smallest free block that will do; what is over stays free behind it.
Allocator::Block* Allocator::take_free(Pool& pool, std::size_t bytes) {
  Block probe{0, bytes, State::free, nullptr, {}};
  const auto found = pool.free.lower_bound(&probe);
  if (found == pool.free.end()) return nullptr;
  Block& block = **found;
  unlist(block);
  if (block.bytes == bytes) {
    block.state = State::used;
    return &block;
  }
  Block& taken = insert_before(block, bytes);
  taken.state = State::used;
  enlist(block);
  return &taken;
}

// Cuts the first bytes off a block that is in no set.
Allocator::Block& Allocator::insert_before(Block& next, std::size_t bytes) {
  auto& blocks = next.region->blocks;
  const auto self = blocks.insert(next.self, Block{next.at, bytes, next.state, next.region, {}});
  self->self = self;
  next.at += bytes;
  next.bytes -= bytes;
  return *self;
}

void Allocator::enlist(Block& block) {
  if (block.state == State::free) block.region->pool->free.insert(&block);
  if (block.state == State::hole) block.region->pool->holes.insert(&block);
}
void Allocator::unlist(Block& block) {
  if (block.state == State::free) block.region->pool->free.erase(&block);
  if (block.state == State::hole) block.region->pool->holes.erase(&block);
}

// Free memory and holes become one with neighbours of their kind.
Allocator::Block& Allocator::set_state(Block& block, State state) {
  unlist(block);
  block.state = state;
  auto& blocks = block.region->blocks;
  if (const auto next = std::next(block.self); next != blocks.end() && next->state == state) {
    unlist(*next);
    block.bytes += next->bytes;
    blocks.erase(next);
  }
  if (block.self != blocks.begin())
    if (const auto before = std::prev(block.self); before->state == state) {
      unlist(*before);
      block.at = before->at;
      block.bytes += before->bytes;
      blocks.erase(before);
    }
  enlist(block);
  return block;
}

// --- memory from the source and back ---

// What is taken stays within a thirty-second of the most that was in use at once, where it can: beyond that free memory moves to where
// it is needed instead of more being taken.
bool Allocator::grow(std::size_t bytes) {
  const std::size_t needed = round_up(bytes, source_->granule()), peak = static_cast<std::size_t>(memory_.info().peak);
  if (options_.growth && taken_ - in_use_ >= needed && taken_ + needed > peak + peak / 32) release(needed);
  Pool& pool = pool_of(bytes);
  return source_->has_virtual_memory() ? grow_range(pool, bytes) : add_region(pool, bytes);
}

// Fills the hole that, with its free neighbours, makes room for a piece at the least expense.
bool Allocator::grow_range(Pool& pool, std::size_t bytes) {
  Block* best = nullptr;
  std::size_t least = room() + 1;
  for (Block* hole : pool.holes) {
    const auto& blocks = hole->region->blocks;
    const auto next = std::next(hole->self);
    const bool has_before = hole->self != blocks.begin() && std::prev(hole->self)->state == State::free;
    const std::size_t before = has_before ? std::prev(hole->self)->bytes : 0,
                      after = next != blocks.end() && next->state == State::free ? next->bytes : 0,
                      missing = bytes - std::min(bytes, before);
    const std::size_t wanted = missing <= hole->bytes ? round_up(missing, source_->granule()) : hole->bytes;
    if (before + wanted + (wanted == hole->bytes ? after : 0) < bytes || wanted >= least) continue;
    best = hole;
    least = wanted;
  }
  return best && fill(*best, least);
}

// Memory behind the first bytes of a hole.
bool Allocator::fill(Block& hole, std::size_t bytes) {
  if (!source_->map(hole.at, bytes)) return false;
  taken_ += bytes;
  if (bytes == hole.bytes) {
    set_state(hole, State::free);
    return true;
  }
  unlist(hole);
  Block& filled = insert_before(hole, bytes);
  enlist(hole);
  filled.state = State::used;  // in no set yet
  set_state(filled, State::free);
  return true;
}

// A region of its own, a thirty-second of what is taken already, so that there are few of them; if that is refused, as large as needed.
bool Allocator::add_region(Pool& pool, std::size_t bytes) {
  const std::size_t granule = source_->granule(), needed = round_up(bytes, granule);
  for (const std::size_t wanted :
       {std::max(needed, std::min(round_down(room(), granule), round_up(taken_ / 32, granule))), needed}) {
    if (wanted > room()) continue;
    if (const uintptr_t at = source_->reserve(wanted)) {
      taken_ += wanted;
      new_region(pool, at, wanted, State::free);
      return true;
    }
  }
  return false;
}

Allocator::Region& Allocator::new_region(Pool& pool, uintptr_t at, std::size_t bytes, State state) {
  Region& region = regions_.emplace_back(Region{at, bytes, &pool});
  region.blocks.push_back(Block{at, bytes, state, &region, {}});
  region.blocks.back().self = region.blocks.begin();
  enlist(region.blocks.back());
  return region;
}

std::size_t Allocator::release(std::size_t enough) {
  if (small_.free.empty() && large_.free.empty()) return 0;
  source_->finish_work();
  if (!source_->has_virtual_memory()) return drop_empty_regions(enough);
  std::size_t out = 0;
  for (const Pool* pool : {&small_, &large_})
    for (Block* block : std::vector<Block*>(pool->free.rbegin(), pool->free.rend()))
      if (out < enough) out += punch(*block);
  return out;
}

// The whole granules of a free block become a hole.
std::size_t Allocator::punch(Block& block) {
  const std::size_t granule = source_->granule();
  const uintptr_t from = round_up(block.at, granule), to = round_down(block.at + block.bytes, granule);
  if (from >= to) return 0;
  source_->unmap(from, to - from);
  taken_ -= to - from;
  unlist(block);
  if (from > block.at) enlist(insert_before(block, from - block.at));
  Block* hole = &block;
  if (to < block.at + block.bytes) {
    hole = &insert_before(block, to - block.at);
    enlist(block);
  }
  hole->state = State::used;  // in no set
  set_state(*hole, State::hole);
  return to - from;
}

std::size_t Allocator::drop_empty_regions(std::size_t enough) {
  std::size_t out = 0;
  for (auto region = regions_.begin(); region != regions_.end();) {
    Block& first = region->blocks.front();
    if (out >= enough || region->blocks.size() > 1 || first.state != State::free) {
      ++region;
      continue;
    }
    unlist(first);
    source_->give_back(region->at, region->bytes);
    taken_ -= region->bytes;
    out += region->bytes;
    region = regions_.erase(region);
  }
  return out;
}

std::string Allocator::out_of_memory(std::size_t bytes, const std::string& holder) const {
  constexpr std::size_t kShown = 5;
  std::map<std::string, std::size_t> by_holder;
  for (const Region& region : regions_)
    for (const Block& block : region.blocks)
      if (block.state == State::used) by_holder[block.holder] += block.bytes;
  std::vector<std::pair<std::size_t, std::string>> holders;
  for (const auto& [name, held] : by_holder) holders.emplace_back(held, name);
  std::sort(holders.rbegin(), holders.rend());
  holders.resize(std::min(holders.size(), kShown));
  std::vector<std::string> largest;
  for (const auto& [held, name] : holders) largest.push_back(fmt::format("{} {}", name, mib(held)));
  const bool is_within_limit = bytes <= room();
  return fmt::format(
      "{} is out of memory: {} needs {}. In use are {}; {} are free, {} of them in one piece; the limit is {} ({}).{}{} Try a "
      "smaller "
      "batch size or model{}.",
      options_.device, holder, mib(bytes), mib(in_use_), mib(taken_ - in_use_), mib(largest_free()), mib(options_.limit),
      options_.is_limit_configured ? "configured" : "all that the device has",
      is_within_limit ? " The device gives no more: another process holds the rest." : "",
      largest.empty() ? "" : fmt::format(" The largest holders: {}.", fmt::join(largest, ", ")),
      options_.is_limit_configured && !is_within_limit ? ", or a higher limit" : "");
}

}  // namespace cornu::devices
