#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>

#include "cornu/backend/cuda/library/driver.h"
#include "tests/virtual_gpu/activity.h"

// How the other doubles of the virtual GPU reach its libcuda, which exports one of these under "virtual_gpu_for_others".
namespace virtual_gpu {

struct Others {
  bool (*has_context)();
  // Of the current context's card, 90 for 9.0; 0 without a context.
  int (*compute_capability)();
  // Whether the current context's card may touch this memory.
  bool (*is_accessible)(const void* at, std::size_t bytes);
  // A kernel of a library's, with its name.
  cornu::cuda::CUresult (*enqueue)(CUstream_st* stream, const char* name, std::function<void()> work);
  // Of a card that has a context, what is in use there.
  std::optional<std::size_t> (*used_memory)(const std::string& pci_bus_id);
  void (*observe)(Observer observer);
};
const Others& others();
// The same where the process may have no libcuda; nullptr then.
const Others* others_if_there();

// What a library says that its version is.
std::size_t version_of(const char* library, int otherwise);

}  // namespace virtual_gpu
