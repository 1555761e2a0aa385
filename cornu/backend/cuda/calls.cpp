#include "cornu/backend/cuda/calls.h"

#include <fmt/format.h>

#include <algorithm>

namespace cornu::cuda {

std::string name_of(unsigned result) {
#define CORNU_NAME_OF(name, value) \
  if (result == (value)) return fmt::format("{} ({})", #name, value);
  CORNU_DRIVER_RESULTS(CORNU_NAME_OF)
#undef CORNU_NAME_OF
  return fmt::format("error {}", result);
}

int newest_cuda() {
  const Opened<Driver>& driver = opened<Driver>();
  int version = 0;
  return driver.problem.empty() && driver.table.cuDriverGetVersion(&version) == CUDA_SUCCESS ? version / 1000 : 0;
}

std::string not_found(const LibraryNames& all, int cuda, const devices::Machine& machine) {
  const LibraryNames names = all.runnable(cuda);
  const std::string& wanted = (names.sonames.empty() ? all : names).sonames.front().file;
  std::string text = fmt::format("{} ({}) was not found", wanted, all.title);
  for (const FoundFile& file : library_files(all, machine)) {
    const auto known = std::ranges::find(all.sonames, file.soname, &Soname::file);
    const bool is_newer = known != all.sonames.end() && known->cuda > cuda && cuda > 0;
    if (known != all.sonames.end() && !is_newer) continue;  // it is there and cannot be opened: the search tells why
    text += fmt::format(
        "; {} ({}) {}", file.path, file.version,
        is_newer ? fmt::format("needs a driver of CUDA {}, this one runs CUDA {}", known->cuda, cuda) : "is of another version");
  }
  return text;
}

void must(CUresult result, const char* call) {
  if (result != CUDA_SUCCESS) throw error<DeviceError>("{} answers {}", call, name_of(result));
}

int attribute(CUdevice_attribute which, CUdevice device) {
  int value = 0;
  CORNU_DRIVER_CALL(cuDeviceGetAttribute, &value, which, device);
  return value;
}

}  // namespace cornu::cuda
