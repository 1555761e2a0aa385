// libcuda.so.1: modules and launches. A module's image is what the virtual NVRTC makes of a text: a shared object of the host's.
#include <dlfcn.h>
#include <elf.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <set>

#include "tests/virtual_gpu/blocks.h"
#include "tests/virtual_gpu/entry.h"
#include "tests/virtual_gpu/work.h"

struct CUfunc_st {
  std::string name;
  CUctx_st* context;
  virtual_gpu::Kernel kernel;
  virtual_gpu::Module module;
};
struct CUmod_st {
  void* handle;
  int file;  // of the image: the loader knows a library by the number
  std::map<std::string, std::unique_ptr<CUfunc_st>> functions;
};

namespace cornu::cuda {
namespace {

constexpr unsigned kMostShared = 48 << 10;  // what every card gives without being asked for more
constexpr unsigned kMostThreads = 1024, kMostGrid = 65535;

std::set<CUmodule> modules;

std::set<CUfunction>& functions() {
  static auto* all = new std::set<CUfunction>;
  return *all;
}

// The loader opens paths only, and takes a path that it has open for the same library. The file, or -1.
int file_of(const void* image) {
  const auto* header = static_cast<const Elf64_Ehdr*>(image);
  if (std::memcmp(header->e_ident, ELFMAG, SELFMAG) != 0) return -1;
  const std::size_t bytes = header->e_shoff + std::size_t{header->e_shnum} * header->e_shentsize;
  const int file = ::memfd_create("module", MFD_CLOEXEC);
  if (file >= 0 && ::write(file, image, bytes) == static_cast<ssize_t>(bytes)) return file;
  ::close(file);
  return -1;
}

bool runs_on(const virtual_gpu::Module& module, const virtual_gpu::Card& card) {
  const auto [major, minor] = card.compute_capability;
  return module.architecture / 10 == major && module.architecture % 10 <= minor;
}

// One way and the other in turn: what depends on it differs from launch to launch.
virtual_gpu::Order next_order() {
  static bool is_backward = true;
  is_backward = !is_backward;
  return is_backward ? virtual_gpu::Order::backward : virtual_gpu::Order::forward;
}

// A launch with its own copies of the parameters, as the driver takes them.
virtual_gpu::Work work_of(CUfunction function, virtual_gpu::Index grid, virtual_gpu::Index block, unsigned shared, void** given) {
  std::vector<std::vector<char>> values;
  for (unsigned i = 0; i < function->kernel.parameters; ++i) {
    const char* value = static_cast<const char*>(given[i]);
    values.emplace_back(value, value + function->kernel.parameter_bytes[i]);
  }
  return [=]() mutable {
    std::vector<void*> parameters;
    for (std::vector<char>& value : values) parameters.push_back(value.data());
    const char* problem = nullptr;
    if (virtual_gpu::run({function->kernel, function->module, grid, block, shared, parameters.data()}, next_order(), &problem))
      return;
    std::fprintf(stderr, "virtual GPU: %s\n", problem);
    function->context->lost = CUDA_ERROR_ILLEGAL_ADDRESS;
  };
}

}  // namespace

extern "C" {

VIRTUAL_GPU_EXPORT CUresult cuModuleLoadData(CUmodule* module, const void* image) {
  ENTER_WITH_CONTEXT(cuModuleLoadData);
  const int file = file_of(image);
  void* handle = file < 0 ? nullptr : dlopen(fmt::format("/proc/self/fd/{}", file).c_str(), RTLD_NOW | RTLD_LOCAL);
  const auto* known = handle ? static_cast<const virtual_gpu::Module*>(dlsym(handle, "virtual_gpu_module")) : nullptr;
  if (!known || !runs_on(*known, context->card)) {
    if (handle) dlclose(handle);
    ::close(file);
    return known ? CUDA_ERROR_NO_BINARY_FOR_GPU : CUDA_ERROR_INVALID_IMAGE;
  }
  *module = new CUmod_st{handle, file, {}};
  modules.insert(*module);
  return CUDA_SUCCESS;
}

VIRTUAL_GPU_EXPORT CUresult cuModuleUnload(CUmodule module) {
  ENTER_WITH_CONTEXT(cuModuleUnload);
  if (modules.erase(module) == 0) return CUDA_ERROR_INVALID_HANDLE;
  virtual_gpu::drain(*context);
  for (const auto& [name, function] : module->functions) functions().erase(function.get());
  dlclose(module->handle);
  ::close(module->file);
  delete module;
  return CUDA_SUCCESS;
}

VIRTUAL_GPU_EXPORT CUresult cuModuleGetFunction(CUfunction* function, CUmodule module, const char* name) {
  ENTER_WITH_CONTEXT(cuModuleGetFunction);
  if (!modules.contains(module)) return CUDA_ERROR_INVALID_HANDLE;
  const auto* kernel =
      static_cast<const virtual_gpu::Kernel*>(dlsym(module->handle, fmt::format("virtual_gpu_kernel_{}", name).c_str()));
  if (!kernel) return CUDA_ERROR_NOT_FOUND;
  auto& made = module->functions[name];
  if (!made)
    made.reset(new CUfunc_st{name, context, *kernel,
                             *static_cast<const virtual_gpu::Module*>(dlsym(module->handle, "virtual_gpu_module"))});
  functions().insert(made.get());
  return *function = made.get(), CUDA_SUCCESS;
}

VIRTUAL_GPU_EXPORT CUresult cuLaunchKernel(CUfunction function, unsigned grid_x, unsigned grid_y, unsigned grid_z,
                                           unsigned block_x, unsigned block_y, unsigned block_z, unsigned shared_bytes,
                                           CUstream stream, void** parameters, void** extra) {
  ENTER_WITH_CONTEXT(cuLaunchKernel);
  if (!functions().contains(function) || !virtual_gpu::is_stream(stream)) return CUDA_ERROR_INVALID_HANDLE;
  const unsigned long long threads = 1ULL * block_x * block_y * block_z;
  const bool is_grid = grid_x && grid_y && grid_z && grid_x <= 0x7FFFFFFF && grid_y <= kMostGrid && grid_z <= kMostGrid;
  if (!is_grid || threads == 0 || threads > kMostThreads || shared_bytes > kMostShared || extra) return CUDA_ERROR_INVALID_VALUE;
  if (function->kernel.most_threads && threads > function->kernel.most_threads) return CUDA_ERROR_INVALID_VALUE;
  return virtual_gpu::enqueue(*stream,
                              work_of(function, {grid_x, grid_y, grid_z}, {block_x, block_y, block_z}, shared_bytes, parameters),
                              {.kind = virtual_gpu::Activity::Kind::kernel, .name = function->name});
}

}  // extern "C"
}  // namespace cornu::cuda
