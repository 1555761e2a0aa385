#include "cornu/backend/cuda/library/calls.h"

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

namespace {

// Every later call of the process answers the same.
bool is_lost(CUresult result) {
  constexpr CUresult kLost[] = {CUDA_ERROR_ECC_UNCORRECTABLE,
                                CUDA_ERROR_NVLINK_UNCORRECTABLE,
                                CUDA_ERROR_ILLEGAL_ADDRESS,
                                CUDA_ERROR_LAUNCH_TIMEOUT,
                                CUDA_ERROR_ASSERT,
                                CUDA_ERROR_HARDWARE_STACK_ERROR,
                                CUDA_ERROR_ILLEGAL_INSTRUCTION,
                                CUDA_ERROR_MISALIGNED_ADDRESS,
                                CUDA_ERROR_INVALID_ADDRESS_SPACE,
                                CUDA_ERROR_INVALID_PC,
                                CUDA_ERROR_LAUNCH_FAILED};
  return std::ranges::find(kLost, result) != std::end(kLost);
}

std::string card_here() {
  CUdevice device = 0;
  char name[256] = "";
  if (driver().cuCtxGetDevice(&device) != CUDA_SUCCESS) return "a GPU";
  driver().cuDeviceGetName(name, sizeof name, device);
  return fmt::format("GPU {} ({})", device, name);
}

}  // namespace

void must(CUresult result, const char* call) {
  if (result == CUDA_SUCCESS) return;
  if (!is_lost(result)) throw error<DeviceError>("{} answers {}", call, name_of(result));
  throw error<DeviceError>(
      "{} is lost to this process: {} answers {}. What was computed there and not read yet is gone. Go on from the last "
      "checkpoint in a "
      "new process, or on the CPU after `load_weights`; `sudo dmesg | grep NVRM` has the driver's own words.",
      card_here(), call, name_of(result));
}

int attribute(CUdevice_attribute which, CUdevice device) {
  int value = 0;
  CORNU_DRIVER_CALL(cuDeviceGetAttribute, &value, which, device);
  return value;
}

}  // namespace cornu::cuda
