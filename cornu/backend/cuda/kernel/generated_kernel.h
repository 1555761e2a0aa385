#pragma once

#include <cstdint>
#include <vector>

#include "cornu/backend/cuda/device/stream.h"
#include "cornu/backend/cuda/library/driver.h"
#include "cornu/codegen/cuda_text.h"

namespace cornu::cuda {

// How a kernel program is run on a card.
struct LaunchPlan {
  codegen::CudaForm form;
  std::vector<codegen::CudaGrid> grids;  // of each launch
};
// All launches of a run. `words` are those of a segment, or `table` is where on the card those of all segments are.
void launch_program(CUfunction kernel, const LaunchPlan& plan, unsigned segments, const Stream& stream,
                    const std::vector<uint64_t>& words, CUdeviceptr table);

}  // namespace cornu::cuda
