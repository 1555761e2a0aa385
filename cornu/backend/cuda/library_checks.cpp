#include "cornu/backend/cuda/library_checks.h"

#include <fmt/format.h>

#include "cornu/backend/cuda/cublaslt.h"
#include "cornu/backend/cuda/cudnn.h"
#include "cornu/backend/cuda/cupti.h"
#include "cornu/backend/cuda/nccl.h"
#include "cornu/backend/cuda/nvjitlink.h"
#include "cornu/backend/cuda/nvrtc.h"

namespace cornu::cuda {
namespace {

using devices::Check;
using Status = devices::CheckStatus;

// A version packed into decimal digits: 92000 of cuDNN is 9.20.0.
std::string packed(std::size_t version, std::size_t major) {
  return fmt::format("{}.{}.{}", version / major, version % major / 100, version % 100);
}

std::string version_of(const Nvrtc& library) {
  int major = 0, minor = 0;
  library.nvrtcVersion(&major, &minor);
  return fmt::format("{}.{}", major, minor);
}
std::string version_of(const NvJitLink& library) {
  unsigned major = 0, minor = 0;
  library.nvJitLinkVersion(&major, &minor);
  return fmt::format("{}.{}", major, minor);
}
std::string version_of(const CublasLt& library) { return packed(library.cublasLtGetVersion(), 10000); }
std::string version_of(const Cudnn& library) { return packed(library.cudnnGetVersion(), 10000); }
std::string version_of(const Nccl& library) {
  int version = 0;
  library.ncclGetVersion(&version);
  return packed(static_cast<std::size_t>(version), 10000);
}
std::string version_of(const Cupti& library) {
  std::uint32_t version = 0;
  library.cuptiGetVersion(&version);
  return fmt::format("interface {}", version);
}

enum class Need : unsigned char { always, sometimes };

template <class Table>
Check check(const char* name, Need need) {
  const Opened<Table>& library = opened<Table>();
  if (library.problem.empty())
    return {Status::ok, name, fmt::format("{} ({})", version_of(library.table), library.library.path())};
  return {need == Need::always ? Status::warn : Status::skip, name, library.problem,
          need == Need::always ? "install CUDA's toolkit and cuDNN, or name their folder in CORNU_CUDA_LIB_DIR" : ""};
}

}  // namespace

// In this order cuDNN finds the libraries that it opens by name already open.
std::vector<Check> library_checks() {
  return {check<Nvrtc>("nvrtc", Need::always),  check<CublasLt>("cublasLt", Need::always),
          check<Cudnn>("cudnn", Need::always),  check<NvJitLink>("nvJitLink", Need::sometimes),
          check<Nccl>("nccl", Need::sometimes), check<Cupti>("cupti", Need::sometimes)};
}

}  // namespace cornu::cuda
