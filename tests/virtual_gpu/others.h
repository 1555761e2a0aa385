#pragma once

#include <cstddef>
#include <functional>

#include "cornu/backend/cuda/driver.h"

// How the other doubles of the virtual GPU reach its libcuda, which exports one of these under "virtual_gpu_for_others".
namespace virtual_gpu {

struct Others {
  bool (*has_context)();
  // Of the current context's card, 90 for 9.0; 0 without a context.
  int (*compute_capability)();
  // Whether the current context's card may touch this memory.
  bool (*is_accessible)(const void* at, std::size_t bytes);
  cornu::cuda::CUresult (*enqueue)(CUstream_st* stream, std::function<void()> work);
};
const Others& others();

// What a library says that its version is.
std::size_t version_of(const char* library, int otherwise);

}  // namespace virtual_gpu
