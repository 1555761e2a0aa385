#pragma once

#include "cornu/base/api.h"

namespace cornu {

// Asks long work to stop at the next step; safe to call from a signal handler.
CORNU_API void request_interrupt();
// Throws InterruptedError once after a request; loops over batches call it.
void throw_if_interrupted();

}  // namespace cornu
