#pragma once

#include <cstdint>
#include <string>

#include "cornu/backend/cuda/device/stream.h"
#include "cornu/base/errors.h"

namespace cornu::cuda {

// NVRTC refused a text, or cannot work; ends in its words.
struct CompileError : DeviceError {
  using DeviceError::DeviceError;
};
// A kernel's text, compiled for an architecture (90 is sm_90): the cubin. DeviceError without NVRTC, CompileError.
std::string compile(const std::string& text, int architecture);
// With these: a kernel rounds as its text says, whatever the compiler would rather do; what is not marked runs on the card.
inline constexpr const char* kCompileOptions = "--std=c++20 --fmad=false --ftz=true --device-as-default-execution-space";
// How many texts this process has had compiled.
int64_t texts_compiled();

// Kernels of one cubin, loaded on a card.
class Module {
 public:
  Module(const Gpu& gpu, const std::string& cubin);
  ~Module();
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;

  CUfunction find(const char* kernel) const;

 private:
  const Gpu& gpu_;
  CUmodule module_ = nullptr;
};

struct Grid {
  unsigned blocks = 1, threads = 1, shared_bytes = 0;
};

// Parameters are as the kernel declares them, in type and order.
void launch_raw(CUfunction kernel, Grid grid, const Stream& stream, void** parameters);
template <class... P>
void launch(CUfunction kernel, Grid grid, const Stream& stream, P... parameters) {
  void* pointers[] = {&parameters..., nullptr};
  launch_raw(kernel, grid, stream, pointers);
}

}  // namespace cornu::cuda
