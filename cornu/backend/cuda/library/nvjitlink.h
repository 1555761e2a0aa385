#pragma once

#include "cornu/backend/cuda/library/table.h"

namespace cornu::cuda {

#define CORNU_NVJITLINK(X) X(int, nvJitLinkVersion, (unsigned* major, unsigned* minor))

struct NvJitLink {
  static LibraryNames names() { return {"the linker of cubins", {{"libnvJitLink.so.13", 13}, {"libnvJitLink.so.12", 12}}}; }
  CORNU_CUDA_TABLE(CORNU_NVJITLINK)
};

}  // namespace cornu::cuda
