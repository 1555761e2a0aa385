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
  const auto events = stop();
  { const Span span(recording(), "run", name("after")); }
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].name, "inner");
  EXPECT_EQ(events[1].name, "outer");
  EXPECT_LE(events[1].begin, events[0].begin);
  EXPECT_LE(events[0].end, events[1].end);
  EXPECT_TRUE(stop().empty());
}

}  // namespace
}  // namespace cornu::timeline
