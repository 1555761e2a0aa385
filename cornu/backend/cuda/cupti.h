#pragma once

#include <cstdint>

#include "cornu/backend/cuda/table.h"

namespace cornu::cuda {

#define CORNU_CUPTI(X) X(int, cuptiGetVersion, (std::uint32_t * version))

struct Cupti {
  static LibraryNames names() { return {"the profiler", {{"libcupti.so.13", 13}, {"libcupti.so.12", 12}}}; }
  CORNU_CUDA_TABLE(CORNU_CUPTI)
};

}  // namespace cornu::cuda
