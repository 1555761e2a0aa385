#include "cornu/base/process.h"

#include <gtest/gtest.h>

namespace cornu {
namespace {

TEST(Process, GivesWhatTheProgramLeft) {
  const std::string much(1 << 20, 'x');
  const auto cat = run_program({"cat"}, much);
  ASSERT_TRUE(cat);
  EXPECT_EQ(cat->status, 0);
  EXPECT_EQ(cat->output, much);
  const auto failed = run_program({"sh", "-c", "echo \"$0\" >&2; exit 3", "a b"}, "");
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->status, 3);
  EXPECT_EQ(failed->errors, "a b\n");
  EXPECT_EQ(run_program({"sh", "-c", "kill -9 $$"}, "")->status, 128 + 9);
  EXPECT_FALSE(run_program({"no-such-program-anywhere"}, ""));
}

}  // namespace
}  // namespace cornu
