#pragma once

#include "cornu/backend/cuda/driver.h"
#include "cornu/backend/cuda/stream.h"
#include "cornu/codegen/cuda_text.h"

namespace cornu::cuda {

// How a kernel program is run on a card.
struct LaunchPlan {
  codegen::CudaForm form;
  codegen::CudaGrid grid;
  int launches = 1;
};
// All launches of a run; `table` is the address of its segments' words.
void launch_program(CUfunction kernel, const LaunchPlan& plan, unsigned segments, const Stream& stream, CUdeviceptr table);

}  // namespace cornu::cuda
