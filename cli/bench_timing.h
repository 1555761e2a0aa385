#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <vector>

namespace cornu::cli {

using Clock = std::chrono::steady_clock;

inline double microseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::micro>(Clock::now() - start).count();
}
inline double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + values.size() / 2, values.end());
  return values[values.size() / 2];
}

// How long a call is repeated: up to `most` times, the first `warm` of them uncounted, but for no longer than `seconds` once `least` count.
struct Repeats {
  int warm = 100, least = 10, most = 2000;
  double seconds = 2;
};
// The median time of a call, in microseconds.
inline double latency(const std::function<void()>& call, Repeats repeats = {}) {
  std::vector<double> calls;
  const auto begin = Clock::now();
  const auto is_over = [&] { return microseconds_since(begin) > 1e6 * repeats.seconds; };
  for (int i = 0; i < repeats.most && (static_cast<int>(calls.size()) < repeats.least || !is_over()); ++i) {
    const auto start = Clock::now();
    call();
    if (i >= repeats.warm || is_over()) calls.push_back(microseconds_since(start));
  }
  return median(calls);
}

}  // namespace cornu::cli
