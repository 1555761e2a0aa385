#include "cornu/base/interrupt.h"

#include <atomic>

#include "cornu/base/errors.h"

namespace cornu {
namespace {

std::atomic<bool> requested{false};

}  // namespace

void request_interrupt() { requested.store(true, std::memory_order_relaxed); }

void throw_if_interrupted() {
  if (requested.load(std::memory_order_relaxed) && requested.exchange(false)) throw InterruptedError("Interrupted.");
}

}  // namespace cornu
