#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "cornu/backend/cuda/library/driver.h"
#include "tests/virtual_gpu/memory.h"
#include "tests/virtual_gpu/script.h"

// A card's primary context.
struct CUctx_st {
  CUctx_st(const virtual_gpu::Card& of, int number) : card(of), device(number), memory(of) {}
  const virtual_gpu::Card& card;
  const int device;
  virtual_gpu::Memory memory;
  cornu::cuda::CUresult lost = cornu::cuda::CUDA_SUCCESS;  // the error that destroyed it
};

namespace virtual_gpu {

// Held by whoever is served.
std::recursive_mutex& machine();
// This thread's; nullptr if it has none.
CUctx_st* current_context();
// Of a card that has a context: what is in use there, others' memory included.
std::optional<std::size_t> used_memory(const std::string& pci_bus_id);

}  // namespace virtual_gpu
