#pragma once

#include <cstdint>
#include <vector>

#include "cornu/tensor.h"

namespace cornu {
namespace random {
// From here on the same program draws the same numbers: initial weights, dropout, shuffling.
CORNU_API void set_seed(int64_t seed);
}  // namespace random

namespace keras {

// The next seed of the process, for whoever was given none.
CORNU_API int64_t make_default_seed();
// The process's seeds begin anew; the seed of its generator then (seed_generator.h).
void restart_seeds(int64_t seed);
int64_t seed_of_global_generator();
// Which seed comes next, to be put back.
struct SeedsState {
  int64_t key = 0, next = 0;
};
SeedsState seeds_state();
void set_seeds_state(const SeedsState& state);
// The key of a seed's first draw: uint32 (seed, 0), as SeedGenerator's state begins.
Tensor key_of_seed(int64_t seed);
// The same order for the same seed.
void shuffle_in_place(std::vector<int64_t>& order, int64_t seed);

}  // namespace keras
}  // namespace cornu
