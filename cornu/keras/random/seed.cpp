#include "cornu/keras/random/seed.h"

#include <algorithm>
#include <mutex>
#include <random>

#include "cornu/math/philox.h"

namespace cornu {
namespace {

// Seeds are words of a Philox stream; without set_seed the stream is a new one each time.
struct Seeds {
  std::mutex mutex;
  std::array<uint32_t, 2> key = {std::random_device()(), std::random_device()()};
  uint32_t next = 0;
};
Seeds& seeds() {
  static Seeds instance;
  return instance;
}
int64_t seed_at(uint32_t index, uint32_t stream) { return math::philox({index, 0, 0, stream}, seeds().key)[0] & 0x7fffffff; }

}  // namespace

namespace keras {

int64_t make_default_seed() {
  std::lock_guard lock(seeds().mutex);
  return seed_at(seeds().next++, 0x5eed);
}

void restart_seeds(int64_t seed) { set_seeds_state({seed, 0}); }

SeedsState seeds_state() {
  std::lock_guard lock(seeds().mutex);
  const auto& [low, high] = seeds().key;
  return {static_cast<int64_t>(uint64_t{high} << 32 | low), seeds().next};
}
void set_seeds_state(const SeedsState& state) {
  std::lock_guard lock(seeds().mutex);
  seeds().key = {static_cast<uint32_t>(state.key), static_cast<uint32_t>(state.key >> 32)};
  seeds().next = static_cast<uint32_t>(state.next);
}

int64_t seed_of_global_generator() {
  std::lock_guard lock(seeds().mutex);
  return seed_at(0, 0x610b);
}

Tensor key_of_seed(int64_t seed) { return Tensor(std::vector<uint32_t>{static_cast<uint32_t>(seed), 0}, {2}); }

void shuffle_in_place(std::vector<int64_t>& order, int64_t seed) {
  // Fisher and Yates; a 64-bit product scales a word to the range (Lemire, 2019, without the rejection: ranges are small).
  std::array<uint32_t, 4> words{};
  for (std::size_t i = order.size(), draw = 0; i > 1; --i, ++draw) {
    if (draw % 4 == 0) words = math::philox({static_cast<uint32_t>(draw / 4), 0, 0, 0}, {static_cast<uint32_t>(seed), 0});
    std::swap(order[i - 1], order[(uint64_t{words[draw % 4]} * i) >> 32]);
  }
}

}  // namespace keras
}  // namespace cornu
