#include "cornu/math/philox.h"

#include <gtest/gtest.h>

namespace cornu::math {
namespace {

using Words = std::array<uint32_t, 4>;

// The known answers published with the authors' Random123.
TEST(Philox, KnownAnswers) {
  EXPECT_EQ(philox({0, 0, 0, 0}, {0, 0}), (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}),
            (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Philox, WordsOfAStream) {
  static_assert(philox_word(0, 0, 0) == 0x6627e8d5);
  EXPECT_EQ(philox_word(3, 0, 0), 0x9b00dbd8u);
  EXPECT_EQ(philox_word((uint64_t{1} << 34) + 2, 5, 6), philox({0, 1, 0, 0}, {5, 6})[2]);
}

}  // namespace
}  // namespace cornu::math
