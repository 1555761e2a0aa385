#include "cornu/io/live_temporaries.h"

#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <cstring>

#include "cornu/io/file.h"

namespace cornu::io {
namespace {

struct Slot {
  std::atomic<char*> path = nullptr;
  std::atomic<pid_t> owner = 0;  // a forked child must leave its parent's files alone
};
static_assert(std::atomic<char*>::is_always_lock_free && std::atomic<pid_t>::is_always_lock_free);
std::array<Slot, 64> slots;

}  // namespace

int remember_temporary(const std::string& path) {
  static const int registered [[maybe_unused]] = std::atexit([] { remove_temporaries(); });
  char* copy = ::strdup(path.c_str());
  if (!copy) return -1;
  for (size_t i = 0; i < slots.size(); ++i) {
    char* expected = nullptr;
    if (!slots[i].path.compare_exchange_strong(expected, copy)) continue;
    slots[i].owner = ::getpid();
    return static_cast<int>(i);
  }
  std::free(copy);
  return -1;
}

void forget_temporary(int slot) {
  if (slot >= 0) std::free(slots[static_cast<size_t>(slot)].path.exchange(nullptr));
}

void remove_temporaries() noexcept {
  const pid_t self = ::getpid();
  for (Slot& slot : slots) {
    if (slot.owner != self) continue;
    // Whoever takes the pointer owns it; it is not freed here because free() is not for signal handlers.
    if (char* path = slot.path.exchange(nullptr)) ::unlink(path);
  }
}

}  // namespace cornu::io
