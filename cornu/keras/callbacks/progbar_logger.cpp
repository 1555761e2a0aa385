#include "cornu/keras/callbacks/progbar_logger.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>

namespace cornu::keras {
namespace {

constexpr int kWidth = 20;
constexpr std::chrono::milliseconds kRedraw{100};

bool on_terminal() { return isatty(STDOUT_FILENO) == 1; }

// "12s", "1:05", "1:02:03".
std::string duration(double seconds) {
  const auto whole = static_cast<int64_t>(seconds);
  if (whole >= 3600) return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
  if (whole >= 60) return fmt::format("{}:{:02}", whole / 60, whole % 60);
  return fmt::format("{}s", whole);
}
std::string per_step(double seconds) {
  if (seconds >= 1) return fmt::format("{:.0f}s/step", seconds);
  if (seconds >= 1e-3) return fmt::format("{:.0f}ms/step", seconds * 1e3);
  return fmt::format("{:.0f}us/step", seconds * 1e6);
}

// Four decimals, or the exponent's form for what they would hide.
std::string number(double value) { return std::abs(value) > 1e-3 ? fmt::format("{:.4f}", value) : fmt::format("{:.4e}", value); }

}  // namespace

bool ProgbarLogger::wants_batches() const { return verbose_ == 1 && on_terminal(); }

void ProgbarLogger::begin() {
  start_ = drawn_ = Clock::now();
  seen_ = 0;
}

void ProgbarLogger::on_epoch_begin(int epoch) {
  begin();
  std::printf("Epoch %d/%lld\n", epoch + 1, static_cast<long long>(epochs_));
  std::fflush(stdout);
}
// The validation inside of fit draws no bar of its own.
void ProgbarLogger::on_test_begin() {
  if (!training_) begin();
}
void ProgbarLogger::on_test_batch_end(int64_t step, const LogValues& logs) {
  if (!training_) update(step, logs);
}
void ProgbarLogger::on_test_end(const LogValues& logs) {
  if (!training_) finish(logs);
}

void ProgbarLogger::update(int64_t step, const LogValues& logs) {
  seen_ = step + 1;
  if (verbose_ != 1 || !on_terminal() || Clock::now() - drawn_ < kRedraw) return;
  drawn_ = Clock::now();
  draw(logs, false);
}

void ProgbarLogger::finish(const LogValues& logs) {
  if (verbose_ == 0) return;
  if (seen_ == 0) seen_ = steps_;
  draw(logs, true);
}

void ProgbarLogger::draw(const LogValues& logs, bool last) {
  const double elapsed = std::chrono::duration<double>(Clock::now() - start_).count();
  const int64_t total = steps_ > 0 ? steps_ : (last ? seen_ : 0);
  const double step = seen_ > 0 ? elapsed / static_cast<double>(seen_) : 0;
  const bool bar = verbose_ == 1, terminal = on_terminal();
  std::string line = bar && terminal ? "\r\033[K" : "";
  line += total > 0 ? fmt::format("{:>{}}/{} ", last ? total : seen_, std::to_string(total).size(), total) : fmt::format("{}/Unknown ", seen_);
  if (bar) {
    const int done = total > 0 ? static_cast<int>(kWidth * std::min(seen_, total) / total) : kWidth;
    for (int i = 0; i < kWidth; ++i) {
      if (terminal && i == 0) line += "\033[32m";
      if (terminal && i == done) line += "\033[37m";
      line += "━";
    }
    if (terminal) line += "\033[0m";
    line += " ";
  } else {
    line += "- ";
  }
  if (last) line += fmt::format("{} {}{}", duration(elapsed), bar ? "" : "- ", per_step(step));
  else line += fmt::format("{} {}", total > 0 ? duration(step * static_cast<double>(total - seen_)) : duration(elapsed), per_step(step));
  for (const auto& [name, value] : logs) line += fmt::format(" - {}: {}", name, number(value));
  if (last) line += "\n";
  std::fwrite(line.data(), 1, line.size(), stdout);
  std::fflush(stdout);
}

}  // namespace cornu::keras
