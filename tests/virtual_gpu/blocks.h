#pragma once

#include "tests/virtual_gpu/kernel_abi.h"

namespace virtual_gpu {

struct Launch {
  Kernel kernel;
  Module module;
  Index grid, block;
  unsigned shared_bytes;
  void** parameters;
};

// The order that threads run in. What a kernel computes must not depend on it.
enum class Order : unsigned char { forward, backward };

// Runs every block: one warp as far as it can go before the next, which shows a missing barrier. False if a thread touched memory
// that the card may not, or if threads wait for each other for ever; `problem` then says which.
bool run(const Launch& launch, Order order, const char** problem);

}  // namespace virtual_gpu
