#include "cornu/base/timeline.h"

#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <thread>

namespace cornu::timeline {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMost = 200'000;  // of events and of amounts: what a browser still shows

struct State {
  std::mutex mutex;
  Clock::time_point start;
  Recording kept;
  std::map<std::thread::id, int> threads;
};
State& state() {
  static auto* instance = new State();
  return *instance;
}
constexpr int kRecorded = 1, kTold = 2;
std::atomic<int> watchers{0};
Ranges told;

bool is_on() { return watchers.load(std::memory_order_relaxed) & kRecorded; }

template <class T>
void keep(std::vector<T>& all, T one, Recording& kept) {
  if (!is_on()) return;
  if (all.size() < kMost) all.push_back(std::move(one));
  else kept.is_full = true;
}

}  // namespace

void start() {
  auto& [mutex, start, kept, threads] = state();
  const std::lock_guard lock(mutex);
  start = Clock::now();
  kept = {};
  threads.clear();
  watchers |= kRecorded;
}

Recording stop() {
  watchers &= ~kRecorded;
  const std::lock_guard lock(state().mutex);
  return std::exchange(state().kept, {});
}

bool recording() { return is_on(); }
bool watched() { return watchers.load(std::memory_order_relaxed) != 0; }

void set_ranges(Ranges ranges) {
  if (!ranges.push || !ranges.pop) return;
  told = ranges;
  watchers |= kTold;
}

int64_t now() { return std::chrono::nanoseconds(Clock::now() - state().start).count(); }

void add(Event event) {
  const std::lock_guard lock(state().mutex);
  keep(state().kept.events, std::move(event), state().kept);
}

void add(Amount amount) {
  const std::lock_guard lock(state().mutex);
  keep(state().kept.amounts, std::move(amount), state().kept);
}

void Span::begin(std::string name) {
  name_ = std::move(name);
  begin_ = now();
  is_told_ = watchers & kTold;
  if (is_told_) told.push(name_.c_str());
}

void Span::finish() {
  const int64_t end = now();
  if (is_told_) told.pop();
  auto& [mutex, start, kept, threads] = state();
  const std::lock_guard lock(mutex);
  const int thread = threads.try_emplace(std::this_thread::get_id(), static_cast<int>(threads.size())).first->second;
  keep(kept.events, Event{std::move(name_), category_, begin_, end, thread}, kept);
}

}  // namespace cornu::timeline
