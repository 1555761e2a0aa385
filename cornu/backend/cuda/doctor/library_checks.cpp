#include "cornu/backend/cuda/doctor/library_checks.h"

#include <fmt/format.h>

#include "cornu/backend/cuda/library/cublaslt.h"
#include "cornu/backend/cuda/library/cudnn.h"
#include "cornu/backend/cuda/library/cupti.h"
#include "cornu/backend/cuda/library/nccl.h"
#include "cornu/backend/cuda/library/nvjitlink.h"
#include "cornu/backend/cuda/library/nvrtc.h"
#include "cornu/device/build_info.h"
#include "cornu/device/context.h"

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

// For get_runtime_info: without a GPU nothing is opened; with one, what cuDNN opens by name is open before it.
template <class Table>
const Opened<Table>* in_use() {
  if (devices::Context::current().physical_devices("GPU").empty()) return nullptr;
  opened<Nvrtc>();
  opened<CublasLt>();
  const Opened<Table>& library = opened<Table>();
  return library.problem.empty() ? &library : nullptr;
}
template <class Table>
std::string version_in_use() {
  const auto* library = in_use<Table>();
  return library ? version_of(library->table) : "";
}
template <class Table>
std::string path_in_use() {
  const auto* library = in_use<Table>();
  return library ? library->library.path() : "";
}

[[maybe_unused]] const bool registered[] = {devices::register_runtime_info("nvrtc", version_in_use<Nvrtc>),
                                            devices::register_runtime_info("nvrtc_path", path_in_use<Nvrtc>),
                                            devices::register_runtime_info("cublas_lt", version_in_use<CublasLt>),
                                            devices::register_runtime_info("cublas_lt_path", path_in_use<CublasLt>),
                                            devices::register_runtime_info("cudnn", version_in_use<Cudnn>),
                                            devices::register_runtime_info("cudnn_path", path_in_use<Cudnn>)};

// What becomes of a GPU without the library.
enum class Need : unsigned char {
  always,    // nothing runs
  degrades,  // something runs on slower kernels
  sometimes  // nothing is missed by most
};

// Other versions on the search path: whichever program finds them first uses them.
std::string others(const LibraryNames& names, const FoundFile& opened, const devices::Machine& machine) {
  std::string text;
  for (const FoundFile& file : library_files(names, machine))
    if (file.version != opened.version && file.soname == opened.soname)
      text += fmt::format("; version {} lies in {}", file.version, file.path);
  return text;
}

template <class Table>
Check check(const char* name, Need need, const char* effect) {
  const devices::Machine machine;
  const Opened<Table>& library = opened<Table>();
  if (library.problem.empty()) {
    const FoundFile file = describe_file(library.library.path(), machine);
    const std::string other = others(Table::names(), file, machine);
    return {
        other.empty() ? Status::ok : Status::warn, name,
        fmt::format("{} ({}, {}){}", version_of(library.table), file.path, file.whose, other),
        other.empty() ? "" : "remove the version that is not meant, or name the folder of the right one in CORNU_CUDA_LIB_DIR"};
  }
  constexpr Status kStatus[] = {Status::fail, Status::warn, Status::skip};
  return {kStatus[int(need)], name, fmt::format("{}: {}", library.problem, effect),
          need == Need::sometimes ? "" : "cornu cuda install (or name the folder of NVIDIA's libraries in CORNU_CUDA_LIB_DIR)"};
}

}  // namespace

// In this order cuDNN finds the libraries that it opens by name already open.
std::vector<Check> library_checks() {
  return {check<Nvrtc>("nvrtc", Need::always, "no kernel can be compiled"),
          check<CublasLt>("cublasLt", Need::always, "nothing multiplies matrices"),
          check<Cudnn>("cudnn", Need::degrades, "convolutions and RNNs take slower kernels"),
          check<NvJitLink>("nvJitLink", Need::sometimes, "not needed"),
          check<Nccl>("nccl", Need::sometimes, "needed for several GPUs only"),
          check<Cupti>("cupti", Need::sometimes, "needed for profiles only")};
}

}  // namespace cornu::cuda
