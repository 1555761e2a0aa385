// What the memory of a device costs to manage: bench/traces replayed, and random pieces. One JSON object a line.
//   build/release/bench/allocator bench/traces/*.gz
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <random>

#include "tests/allocation_trace.h"

namespace cornu::bench {
namespace {

using Clock = std::chrono::steady_clock;
using namespace devices;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

void print(const std::string& name, bool is_virtual, std::size_t pairs, double seconds, double fragmentation) {
  std::printf(R"({"workload": "allocator", "trace": "%s", "memory": "%s", "pairs": %zu, "seconds_per_million_pairs": %.4f, )"
              R"("fragmentation": %.4f})"
              "\n",
              name.c_str(), is_virtual ? "mapped" : "blocks", pairs, seconds / static_cast<double>(pairs) * 1e6, fragmentation);
}

void bench_trace(const std::string& path, bool is_virtual) {
  const auto trace = read_trace(path);
  const auto pairs = static_cast<std::size_t>(std::ranges::count(trace, false, &Request::is_free));
  EndlessDevice device(is_virtual);
  replay(trace, device.allocator);
  std::size_t rounds = 0;
  const auto start = Clock::now();
  for (; rounds * pairs < 1'000'000; ++rounds) replay(trace, device.allocator);
  print(std::filesystem::path(path).filename().string(), is_virtual, rounds * pairs, seconds_since(start),
        device.fragmentation());
}

// A thousand pieces at a time, of sizes from 4 bytes to 16 MiB.
void bench_random(bool is_virtual) {
  constexpr std::size_t kPairs = 1'000'000, kHeld = 1000;
  std::mt19937_64 random(7);
  std::vector<std::size_t> sizes(kPairs), places(kPairs);
  for (std::size_t i = 0; i < kPairs; ++i) {
    sizes[i] = std::size_t{4} << random() % 23;
    places[i] = random() % kHeld;
  }
  EndlessDevice device(is_virtual);
  std::vector<Allocator::Piece> held(kHeld);
  const auto start = Clock::now();
  for (std::size_t i = 0; i < kPairs; ++i) {
    held[places[i]] = {};
    held[places[i]] = device.allocator.allocate(sizes[i], "tensor");
  }
  print("random", is_virtual, kPairs, seconds_since(start), device.fragmentation());
}

}  // namespace
}  // namespace cornu::bench

int main(int count, char** paths) {
  for (const bool is_virtual : {true, false}) {
    for (int i = 1; i < count; ++i) cornu::bench::bench_trace(paths[i], is_virtual);
    cornu::bench::bench_random(is_virtual);
  }
}
