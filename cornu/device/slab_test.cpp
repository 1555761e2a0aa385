#include "cornu/device/slab.h"

#include <gtest/gtest.h>

#include <cstdint>

#include "cornu/device/array.h"
#include "cornu/device/memory_stats.h"

namespace cornu::devices {
namespace {

TEST(Slab, PiecesAreNeighboursAlignedAndZero) {
  const auto a = allocate_in_slab(40), b = allocate_in_slab(64), c = allocate_in_slab(1);
  for (const auto& piece : {a, b, c}) EXPECT_EQ(reinterpret_cast<std::uintptr_t>(piece.get()) % 64, 0u);
  EXPECT_EQ(b.get() - a.get(), 64);
  for (int i = 0; i < 64; ++i) EXPECT_EQ(a.get()[i], std::byte{0});
}

TEST(Slab, IsFreedWithItsLastPiece) {
  const auto before = host_memory().info().current;
  {
    std::shared_ptr<std::byte> kept;
    for (int i = 0; i < 20; ++i) kept = allocate_in_slab(60000);
    EXPECT_LE(host_memory().info().current, before + 2 * 256 * 1024);
  }
  EXPECT_LE(host_memory().info().current, before);
}

}  // namespace
}  // namespace cornu::devices
