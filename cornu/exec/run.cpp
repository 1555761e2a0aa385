#include "cornu/exec/run.h"

#include <exception>
#include <utility>

namespace cornu::exec {

Run& Run::operator=(Run&& other) noexcept {
  std::swap(there_, other.there_);
  return *this;
}

// Nobody asks how it ended.
Run::~Run() {
  try {
    wait();
  } catch (const std::exception&) {
  }
}

void Run::wait() {
  if (!there_) return;
  const auto run = std::exchange(there_, nullptr);
  run->finish();
  if (run->seen_status().is_set()) run->seen_status().raise();
}

}  // namespace cornu::exec
