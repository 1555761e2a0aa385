#include <gtest/gtest.h>

#include <filesystem>

#include "tests/allocation_trace.h"

namespace cornu::devices {
namespace {

std::vector<std::vector<Request>> traces() {
  std::vector<std::vector<Request>> all;
  for (const auto& entry : std::filesystem::directory_iterator(CORNU_SOURCE_DIR "/bench/traces"))
    if (entry.path().extension() == ".gz") all.push_back(read_trace(entry.path()));
  EXPECT_GE(all.size(), 3u);
  return all;
}

// Trainings whose steps have other shapes each; three times over.
void train(const std::vector<Request>& trace, EndlessDevice& device) {
  for (int round = 0; round < 3; ++round) replay(trace, device.allocator);
  EXPECT_EQ(device.allocator.statistics().in_use, 0u);
}

TEST(AllocatorTrace, TrainingLeavesHardlyAnyGaps) {
  for (const auto& trace : traces()) {
    EndlessDevice mapped(true), in_blocks(false);
    train(trace, mapped);
    train(trace, in_blocks);
    EXPECT_LT(mapped.fragmentation(), 0.05);
    EXPECT_LT(in_blocks.fragmentation(), 0.15);
  }
}

TEST(AllocatorTrace, TrainingGoesThroughInHardlyMoreThanItUses) {
  for (const auto& trace : traces()) {
    EndlessDevice device(true);
    train(trace, device);
    const auto peak = static_cast<std::size_t>(device.memory.info().peak);
    EndlessDevice limited(true, peak + peak / 20);
    EXPECT_NO_THROW(train(trace, limited));
  }
}

}  // namespace
}  // namespace cornu::devices
