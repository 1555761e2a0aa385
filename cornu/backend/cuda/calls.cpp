#include "cornu/backend/cuda/calls.h"

#include <fmt/format.h>

namespace cornu::cuda {

std::string name_of(unsigned result) {
#define CORNU_NAME_OF(name, value) \
  if (result == (value)) return fmt::format("{} ({})", #name, value);
  CORNU_DRIVER_RESULTS(CORNU_NAME_OF)
#undef CORNU_NAME_OF
  return fmt::format("error {}", result);
}

void must(CUresult result, const char* call) {
  if (result != CUDA_SUCCESS) throw error<DeviceError>("{} answers {}", call, name_of(result));
}

}  // namespace cornu::cuda
