#include "cornu/base/timeline.h"

#include <gtest/gtest.h>

namespace cornu::timeline {
namespace {

TEST(Timeline, KeepsSpansBetweenStartAndStop) {
  auto name = [](const char* text) { return [text] { return std::string(text); }; };
  { const Span span(recording(), "run", name("before")); }
  start();
  {
    const Span outer(recording(), "run", name("outer"));
    const Span inner(recording(), "kernel", name("inner"));
    const Span unwanted(false, "kernel", name("unwanted"));
  }
  add(Event{"card's", "kernel", 5, 6, 7, "GPU:0"});
  add(Amount{"CPU:0", now(), 64});
  const auto [events, amounts, is_full] = stop();
  { const Span span(recording(), "run", name("after")); }
  add(Amount{"CPU:0", now(), 128});
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events[0].name, "inner");
  EXPECT_EQ(events[1].name, "outer");
  EXPECT_LE(events[1].begin, events[0].begin);
  EXPECT_LE(events[0].end, events[1].end);
  EXPECT_EQ(events[2].device, "GPU:0");
  ASSERT_EQ(amounts.size(), 1u);
  EXPECT_EQ(amounts[0].bytes, 64);
  EXPECT_FALSE(is_full);
  const auto nothing = stop();
  EXPECT_TRUE(nothing.events.empty() && nothing.amounts.empty());
}

}  // namespace
}  // namespace cornu::timeline
