#include "cornu/base/timeline.h"

#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

namespace cornu::timeline {
namespace {

using Clock = std::chrono::steady_clock;

struct Recording {
  std::mutex mutex;
  Clock::time_point start;
  std::vector<Event> events;
  std::map<std::thread::id, int> threads;
};
Recording& the_recording() {
  static auto* instance = new Recording();
  return *instance;
}
std::atomic<bool> is_on{false};

int64_t now() { return std::chrono::nanoseconds(Clock::now() - the_recording().start).count(); }

}  // namespace

void start() {
  auto& recording = the_recording();
  std::lock_guard lock(recording.mutex);
  recording.start = Clock::now();
  recording.events.clear();
  recording.threads.clear();
  is_on = true;
}

std::vector<Event> stop() {
  is_on = false;
  auto& recording = the_recording();
  std::lock_guard lock(recording.mutex);
  return std::exchange(recording.events, {});
}

bool recording() { return is_on.load(std::memory_order_relaxed); }

void Span::begin(std::string name) {
  name_ = std::move(name);
  begin_ = now();
}

void Span::finish() {
  const int64_t end = now();
  auto& recording = the_recording();
  std::lock_guard lock(recording.mutex);
  if (!is_on) return;
  const int thread =
      recording.threads.try_emplace(std::this_thread::get_id(), static_cast<int>(recording.threads.size())).first->second;
  recording.events.push_back({std::move(name_), category_, begin_, end, thread});
}

}  // namespace cornu::timeline
