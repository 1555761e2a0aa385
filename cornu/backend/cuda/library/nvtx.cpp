#include "cornu/backend/cuda/library/nvtx.h"

#include <dlfcn.h>

#include <array>
#include <mutex>

#include "cornu/base/environment.h"
#include "cornu/base/timeline.h"

namespace cornu::cuda {
namespace {

constexpr std::uint32_t kVersion = 3;

std::array<NvtxEntryPoint, NVTX_CBID_CORE_SIZE> entry_points{};

// The module's first number and the one behind its last stand for nothing.
int give_entry_points(unsigned module, NvtxEntryPoint*** table, unsigned* entries) {
  static auto places = [] {
    std::array<NvtxEntryPoint*, NVTX_CBID_CORE_SIZE + 1> all{};
    for (std::size_t i = 1; i < entry_points.size(); ++i) all[i] = &entry_points[i];
    return all;
  }();
  if (module != NVTX_CB_MODULE_CORE) return 0;
  if (table) *table = places.data();
  if (entries) *entries = NVTX_CBID_CORE_SIZE;
  return 1;
}

const void* export_table(std::uint32_t table) {
  static const NvtxExportTableCallbacks callbacks{sizeof callbacks, give_entry_points};
  static const NvtxExportTableVersionInfo version{sizeof version, kVersion, 0, [](std::uint32_t) {}};
  if (table == NVTX_ETID_CALLBACKS) return &callbacks;
  return table == NVTX_ETID_VERSIONINFO ? &version : nullptr;
}

void connect(const std::string& path) {
  void* profiler = ::dlopen(path.c_str(), RTLD_LAZY);
  void* symbol = profiler ? ::dlsym(profiler, "InitializeInjectionNvtx2") : nullptr;
  if (!symbol || reinterpret_cast<NvtxInitializeInjection>(symbol)(export_table) == 0)
    return log::debug("NVTX: {} takes no ranges", path);
  timeline::set_ranges({reinterpret_cast<int (*)(const char*)>(entry_points[NVTX_CBID_CORE_RangePushA]),
                        reinterpret_cast<int (*)()>(entry_points[NVTX_CBID_CORE_RangePop])});
}

}  // namespace

void connect_to_profiler() {
  static std::once_flag once;
  std::call_once(once, [] {
    if (const auto path = environment("NVTX_INJECTION64_PATH")) connect(*path);
  });
}

}  // namespace cornu::cuda
