#include "cornu/ir/order.h"

#include <gtest/gtest.h>

namespace cornu::ir {
namespace {

TEST(Order, KeepsWhatFollows) {
  Order order(100);  // more than a word of bits
  order.add(98, 99);
  order.add(1, 98);
  order.add(70, 1);
  EXPECT_TRUE(order.is_before(70, 99));
  EXPECT_FALSE(order.is_before(99, 70));
  EXPECT_TRUE(order.has_between(1, 99));
  EXPECT_FALSE(order.has_between(70, 1));
  EXPECT_EQ(order.waits(99), 3u);
  const std::size_t more = order.grow();
  order.add(99, more);
  EXPECT_TRUE(order.is_before(70, more));
}

TEST(Order, JoinedPiecesWaitForAndPrecedeWhatEitherDid) {
  Order order(6);
  order.add(0, 1);
  order.add(2, 3);
  order.add(1, 4);
  order.add(3, 5);
  order.join(1, 3);
  EXPECT_TRUE(order.is_before(0, 5));
  EXPECT_TRUE(order.is_before(2, 4));
  EXPECT_TRUE(order.is_before(1, 5));
  EXPECT_FALSE(order.is_before(3, 5));
  EXPECT_FALSE(order.is_before(1, 1));
  EXPECT_EQ(order.waits(4), 3u);
}

}  // namespace
}  // namespace cornu::ir
