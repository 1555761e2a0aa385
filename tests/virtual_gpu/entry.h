#pragma once

#include <mutex>

#include "cornu/backend/cuda/library/driver.h"
#include "tests/virtual_gpu/context.h"
#include "tests/virtual_gpu/script.h"

// How an entry point of libcuda begins: the call is recorded, a refusal that the script has for it is the answer, and one caller at
// a time is served.
#define ENTER(symbol)                                                                            \
  if (const unsigned answer = virtual_gpu::enter(#symbol)) return static_cast<CUresult>(answer); \
  const std::lock_guard serving(virtual_gpu::machine())

// The same for what needs a context, which is then `context`. After an error that destroys a context every call has it.
#define ENTER_WITH_CONTEXT(symbol)                          \
  ENTER(symbol);                                            \
  const CUcontext context = virtual_gpu::current_context(); \
  if (!context) return CUDA_ERROR_INVALID_CONTEXT;          \
  if (context->lost != CUDA_SUCCESS) return context->lost
