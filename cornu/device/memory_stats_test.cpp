#include "cornu/device/memory_stats.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "cornu/device/fake_gpus.h"

namespace cornu::devices {
namespace {

TEST(MemoryStats, ThreadsCountTogether) {
  MemoryStats stats;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) {
        stats.add(64);
        stats.remove(32);
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(stats.info().current, 4 * 1000 * 32);
  EXPECT_GE(stats.info().peak, stats.info().current + 32);
  EXPECT_LE(stats.info().peak, stats.info().current + 4 * 32);
  stats.reset_peak();
  EXPECT_EQ(stats.info().peak, stats.info().current);
}

TEST(MemoryStats, ADeviceKeepsItsAddressWhicheverThreadInitializes) {
  ScopedContext machine{two_gpus()};
  std::vector<std::thread> threads;
  std::vector<Device*> seen(4);
  for (Device*& device : seen)
    threads.emplace_back([&] {
      initialize("a thread");
      device = &Context::current().default_device();
    });
  for (auto& thread : threads) thread.join();
  for (Device* device : seen) EXPECT_EQ(device, machine->find("GPU", 0));
}

}  // namespace
}  // namespace cornu::devices
