#include "cornu/device/allocator.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <thread>

#include "cornu/base/errors.h"
#include "tests/expect_error.h"

namespace cornu::devices {
namespace {

constexpr std::size_t kGranule = 4096, kMib = 1 << 20;

// A device of so many bytes that checks what it is asked for. Its addresses lead nowhere.
class CheckedSource : public MemorySource {
 public:
  CheckedSource(std::size_t bytes, bool has_virtual_memory) : left_(bytes), is_virtual_(has_virtual_memory) {}
  ~CheckedSource() override {
    EXPECT_TRUE(reserved_.empty());
    EXPECT_TRUE(mapped_.empty());
  }
  std::size_t granule() const override { return kGranule; }
  std::size_t available() const override { return left_; }
  bool has_virtual_memory() const override { return is_virtual_; }
  uintptr_t reserve(std::size_t bytes) override {
    EXPECT_EQ(bytes % kGranule, 0u);
    if (!is_virtual_ && !take(bytes)) return 0;
    reserved_[next_] = bytes;
    return std::exchange(next_, next_ + bytes + 16 * kGranule);
  }
  void give_back(uintptr_t at, std::size_t bytes) override {
    ASSERT_TRUE(reserved_.count(at));
    EXPECT_EQ(reserved_[at], bytes);
    reserved_.erase(at);
    if (!is_virtual_) left_ += bytes;
  }
  bool map(uintptr_t at, std::size_t bytes) override {
    EXPECT_TRUE(is_virtual_ && at % kGranule == 0 && bytes % kGranule == 0);
    if (!take(bytes)) return false;
    for (uintptr_t page = at; page < at + bytes; page += kGranule) EXPECT_TRUE(mapped_.insert(page).second);
    return true;
  }
  void unmap(uintptr_t at, std::size_t bytes) override {
    EXPECT_TRUE(at % kGranule == 0 && bytes % kGranule == 0);
    for (uintptr_t page = at; page < at + bytes; page += kGranule) EXPECT_EQ(mapped_.erase(page), 1u);
    left_ += bytes;
  }
  bool is_mapped(uintptr_t at, std::size_t bytes) const {
    if (!is_virtual_) return true;
    for (uintptr_t page = at / kGranule * kGranule; page < at + bytes; page += kGranule)
      if (!mapped_.count(page)) return false;
    return true;
  }

 private:
  bool take(std::size_t bytes) {
    if (bytes > left_) return false;
    left_ -= bytes;
    return true;
  }
  std::size_t left_;
  bool is_virtual_;
  uintptr_t next_ = 1 << 30;
  std::map<uintptr_t, std::size_t> reserved_;
  std::set<uintptr_t> mapped_;
};

template <class F>
void expect_words(F&& f, const std::vector<std::string>& words) {
  const std::string text = error_of<ResourceExhaustedError>(f);
  for (const std::string& word : words) EXPECT_NE(text.find(word), std::string::npos) << text;
}

struct Rig {
  explicit Rig(std::size_t limit, bool is_virtual = true, AllocatorOptions options = {}, std::size_t device = 64 * kMib) {
    auto made = std::make_unique<CheckedSource>(device, is_virtual);
    source = made.get();
    options.device = "GPU:0";
    options.limit = limit;
    allocator = std::make_unique<Allocator>(std::move(made), std::move(options), memory);
  }
  Allocator* operator->() { return allocator.get(); }
  CheckedSource* source;
  MemoryStats memory;
  std::unique_ptr<Allocator> allocator;
};

TEST(Allocator, TakesWhatIsNeededAndKeepsIt) {
  for (const bool is_virtual : {true, false}) {
    Rig rig(kMib, is_virtual);
    {
      const auto a = rig->allocate(100, "a"), b = rig->allocate(5000, "b"), none = rig->allocate(0, "none");
      EXPECT_EQ(a.bytes(), 256u);
      EXPECT_EQ(a.address() % Allocator::kAlignment, 0u);
      EXPECT_EQ(none.address(), 0u);
      EXPECT_EQ(rig->statistics().in_use, 256u + 5120u);
      EXPECT_LE(rig->statistics().taken, 3 * kGranule);
    }
    const auto after = rig->statistics();
    EXPECT_EQ(after.in_use, 0u);
    EXPECT_EQ(rig.memory.info().current, 0);
    EXPECT_EQ(rig.memory.info().peak, 256 + 5120);
    EXPECT_EQ(after.allocations, 2);
    EXPECT_EQ(after.cached, after.taken);
    EXPECT_EQ(rig->release_cached(), after.taken);
    EXPECT_EQ(rig->statistics().taken, 0u);
  }
}

TEST(Allocator, MergesNeighboursAndTakesTheBestFit) {
  Rig rig(kMib);
  auto a = rig->allocate(1024, "a"), b = rig->allocate(512, "b"), c = rig->allocate(1024, "c"), d = rig->allocate(256, "d"),
       e = rig->allocate(512, "e");
  const uintptr_t at_b = b.address(), at_d = d.address(), at_a = a.address();
  b = {};
  d = {};
  EXPECT_EQ(rig->allocate(200, "fits").address(), at_d);
  EXPECT_EQ(rig->allocate(300, "fits").address(), at_b);
  a = {};
  c = {};  // a to d are one block now
  EXPECT_EQ(rig->allocate(1024 + 512 + 1024 + 256, "all").address(), at_a);
}

TEST(Allocator, GrowsIntoTheNeighbourhoodWhereAddressesAreApartFromMemory) {
  Rig rig(4 * kMib);
  rig->allocate(3 * kGranule, "first") = {};
  const auto large = rig->allocate(5 * kGranule, "large");
  EXPECT_EQ(rig->statistics().taken, 5 * kGranule);  // two more, behind the three that were free
}

TEST(Allocator, GivesBackHolesAndFillsThem) {
  Rig rig(16 * kGranule);
  auto a = rig->allocate(6 * kGranule, "a"), b = rig->allocate(256, "b");
  a = {};
  EXPECT_EQ(rig->release_cached(), 6 * kGranule);
  EXPECT_EQ(rig->statistics().taken, kGranule);
  EXPECT_TRUE(rig.source->is_mapped(b.address(), b.bytes()));
  const auto c = rig->allocate(15 * kGranule, "c");  // the limit, with the granule of b
  EXPECT_EQ(rig->statistics().taken, 16 * kGranule);
  EXPECT_TRUE(rig.source->is_mapped(c.address(), c.bytes()));
}

TEST(Allocator, LimitsAreExact) {
  for (const bool is_virtual : {true, false}) {
    Rig rig(8 * kGranule + 100, is_virtual, {.is_limit_configured = true});
    const auto a = rig->allocate(6 * kGranule, "dense/kernel"), b = rig->allocate(kGranule, "dense/bias");
    expect_words([&] { rig->allocate(2 * kGranule, "scratch"); },
                 {"GPU:0 is out of memory: scratch needs", "configured", "dense/kernel", "higher limit"});
    EXPECT_THROW(rig->allocate(std::size_t{1} << 60, "all"), ResourceExhaustedError);
    EXPECT_LE(rig->statistics().taken, 8 * kGranule);
    EXPECT_EQ(rig->allocate(kGranule, "last").bytes(), kGranule);
  }
}

TEST(Allocator, ADeviceThatGivesNoMoreIsNamedAsTheCause) {
  Rig rig(64 * kMib, true, {}, 4 * kGranule);
  const auto a = rig->allocate(3 * kGranule, "a");
  expect_words([&] { rig->allocate(2 * kGranule, "b"); }, {"all that the device has", "another process", "holders: a 0.0 MiB"});
}

TEST(Allocator, ReleasesWhatIsCachedBeforeItFails) {
  for (const bool is_virtual : {true, false}) {
    Rig rig(8 * kGranule, is_virtual);
    auto a = rig->allocate(3 * kGranule, "a"), b = rig->allocate(256, "b"), c = rig->allocate(3 * kGranule, "c");
    a = {};
    c = {};
    if (!is_virtual) b = {};  // where nothing can be unmapped below a piece
    EXPECT_EQ(rig->allocate(7 * kGranule, "large").bytes(), 7 * kGranule);
  }
}

TEST(Allocator, TakesTheWholeLimitWithoutGrowth) {
  for (const bool is_virtual : {true, false}) {
    Rig rig(10 * kGranule, is_virtual, {.growth = false});
    EXPECT_EQ(rig->statistics().taken, 10 * kGranule);
    EXPECT_EQ(rig->release_cached(), 0u);
    EXPECT_EQ(rig->allocate(10 * kGranule, "all").bytes(), 10 * kGranule);
    expect_words([&] { Rig(2 * kMib, is_virtual, {.growth = false}, kMib); }, {"whole limit of 2 MiB", "growth"});
  }
}

struct Gate : Fence {
  bool is_open = false;
  int waits = 0;
  bool has_passed() override { return is_open; }
  void wait() override { is_open = true, ++waits; }
};

TEST(Allocator, WhatAnotherStreamUsesIsFreeWhenItsFenceHasPassed) {
  Rig rig(8 * kGranule);
  const auto gate = std::make_shared<Gate>();
  auto a = rig->allocate(3 * kGranule, "a");
  const uintptr_t at = a.address();
  rig->free_after(std::move(a), gate);
  EXPECT_EQ(a.address(), 0u);
  rig->free_after({}, gate);
  const auto b = rig->allocate(kGranule, "b");
  EXPECT_NE(b.address(), at);
  EXPECT_EQ(rig->statistics().in_use, 4 * kGranule);
  gate->is_open = true;
  EXPECT_EQ(rig->allocate(3 * kGranule, "c").address(), at);
  EXPECT_EQ(gate->waits, 0);
}

TEST(Allocator, WaitsForAFenceBeforeItFails) {
  Rig rig(8 * kGranule);
  const auto gate = std::make_shared<Gate>();
  rig->free_after(rig->allocate(6 * kGranule, "a"), gate);
  EXPECT_EQ(rig->allocate(5 * kGranule, "b").bytes(), 5 * kGranule);
  EXPECT_EQ(gate->waits, 1);
}

// Against a map of what is held: pieces have memory behind them and never overlap, and all comes back.
TEST(Allocator, RandomPiecesNeverOverlap) {
  for (const bool is_virtual : {true, false}) {
    Rig rig(2 * kMib, is_virtual);
    std::mt19937 random(7);
    std::map<uintptr_t, Allocator::Piece> held;
    std::size_t in_use = 0;
    for (int i = 0; i < 20'000; ++i) {
      if (const auto what = random() % 100; what < 52) {
        const std::size_t bytes = random() % 8 == 0 ? random() % 200'000 : random() % 3000 + 1;
        try {
          auto piece = rig->allocate(bytes, "piece");
          if (bytes == 0) continue;
          ASSERT_GE(piece.bytes(), bytes);
          ASSERT_TRUE(rig.source->is_mapped(piece.address(), piece.bytes()));
          const auto next = held.lower_bound(piece.address());
          ASSERT_TRUE(next == held.end() || piece.address() + piece.bytes() <= next->first);
          ASSERT_TRUE(next == held.begin() || std::prev(next)->first + std::prev(next)->second.bytes() <= piece.address());
          in_use += piece.bytes();
          held.emplace(piece.address(), std::move(piece));
        } catch (const ResourceExhaustedError&) {
        }
      } else if (what < 99 && !held.empty()) {
        auto it = held.lower_bound((uintptr_t(1) << 30) + random() % (4 * kMib));
        if (it == held.end()) it = held.begin();
        in_use -= it->second.bytes();
        held.erase(it);
      } else {
        rig->release_cached();
      }
      const auto now = rig->statistics();
      ASSERT_EQ(now.in_use, in_use);
      ASSERT_LE(now.taken, 2 * kMib);
    }
    held.clear();
    rig->release_cached();
    EXPECT_EQ(rig->statistics().taken, 0u);
  }
}

TEST(Allocator, ServesManyThreads) {
  Rig rig(32 * kMib);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 2000; ++i) {
        const auto a = rig->allocate(std::size_t(i) * 37 + t, "a"), b = rig->allocate(1000, "b");
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(rig->statistics().in_use, 0u);
}

}  // namespace
}  // namespace cornu::devices
