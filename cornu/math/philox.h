#pragma once

#include <array>
#include <cstdint>

namespace cornu::math {

// Philox 4x32-10: four random words for each counter and key, the same on every machine (J. Salmon et al., "Parallel
// random numbers: as easy as 1, 2, 3", 2011).
constexpr std::array<uint32_t, 4> philox(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const uint64_t p = uint64_t{0xd2511f53} * counter[0], q = uint64_t{0xcd9e8d57} * counter[2];
    counter = {uint32_t(q >> 32) ^ counter[1] ^ key[0], uint32_t(q), uint32_t(p >> 32) ^ counter[3] ^ key[1], uint32_t(p)};
    key[0] += 0x9e3779b9;  // the golden ratio
    key[1] += 0xbb67ae85;  // sqrt(3) - 1
  }
  return counter;
}

// Word `index` of a key's stream: result index % 4 of the counter index / 4.
constexpr uint32_t philox_word(uint64_t index, uint32_t key0, uint32_t key1) {
  const uint64_t block = index / 4;
  return philox({uint32_t(block), uint32_t(block >> 32), 0, 0}, {key0, key1})[index % 4];
}

}  // namespace cornu::math
