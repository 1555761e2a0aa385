#include "cornu/backend/cuda/kernel/loaded.h"

#include <map>
#include <mutex>
#include <set>

#include "cornu/backend/cuda/kernel/cubin.h"
#include "cornu/backend/cuda/kernel/kernel.h"
#include "cornu/backend/cuda/kernel/kernel_cache.h"
#include "cornu/backend/cuda/library/nvrtc.h"
#include "cornu/codegen/cuda_text.h"

namespace cornu::cuda {
namespace {

struct Modules {
  std::mutex mutex;
  std::map<std::pair<int, std::string>, std::shared_ptr<const Module>> of_kernel;  // by the card and the kernel's name
};
Modules& modules() {
  static auto* all = new Modules;
  return *all;
}

// Cubins of single kernels, by architecture and name, from when they are compiled ahead until they are loaded.
struct Compiled {
  std::mutex mutex;
  std::map<std::pair<int, std::string>, std::string> cubins;  // empty before and after
};
Compiled& compiled() {
  static auto* all = new Compiled;
  return *all;
}

std::string compiled_or_new(const KernelText& text, int architecture) {
  auto& [mutex, cubins] = compiled();
  {
    const std::lock_guard lock(mutex);
    if (const auto found = cubins.find({architecture, text.name}); found != cubins.end() && !found->second.empty())
      return found->second;
  }
  return KernelCache::of_user().cubin(module_text({text}), architecture);
}

void forget(int architecture, const std::string& name) {
  auto& [mutex, cubins] = compiled();
  const std::lock_guard lock(mutex);
  if (const auto found = cubins.find({architecture, name}); found != cubins.end()) found->second = {};
}

std::shared_ptr<const Module> load(const Runtime& runtime, const std::vector<KernelText>& kernels) {
  return std::make_shared<Module>(runtime.gpu(), KernelCache::of_user().cubin(module_text(kernels), runtime.architecture()));
}

}  // namespace

std::string module_text(const std::vector<KernelText>& kernels) {
  std::string text = codegen::cuda_prologue();
  std::set<std::string_view> there;
  for (const KernelText& kernel : kernels) {
    for (const char* library : kernel.libraries)
      if (there.insert(library).second) text += library;
    text += kernel.kernel;
  }
  return text;
}

void compile_ahead(const std::string& name, const std::function<KernelText()>& text, int architecture) {
  if (!opened<Nvrtc>().problem.empty()) return;  // whoever loads it is told
  auto& [mutex, cubins] = compiled();
  const std::pair key(architecture, name);
  {
    const std::lock_guard lock(mutex);
    if (!cubins.emplace(key, "").second) return;
  }
  std::string cubin;
  try {
    cubin = KernelCache::of_user().cubin(module_text({text()}), architecture);
  } catch (...) {
    const std::lock_guard lock(mutex);
    cubins.erase(key);
    throw;
  }
  const std::lock_guard lock(mutex);
  cubins[key] = std::move(cubin);
}

ir::KernelReport report_of(const KernelText& text, const Target& target) {
  ir::KernelReport out;
  if (!opened<Nvrtc>().problem.empty()) return out;
  const std::string cubin = compiled_or_new(text, target.cuda.compute_capability / 10);
  if (!is_cubin(cubin)) return out;
  for (const CubinKernel& kernel : kernels_of(cubin))
    if (kernel.name == text.name) {
      out.registers = kernel.registers;
      out.shared_bytes = kernel.shared_bytes;
      out.stack_bytes = kernel.stack_bytes;
      out.threads = kernel.max_threads;
    }
  return out;
}

CUfunction loaded(const Runtime& runtime, const std::string& name, const std::function<KernelText()>& text) {
  auto& [mutex, of_kernel] = modules();
  const std::lock_guard lock(mutex);
  auto& module = of_kernel[{runtime.gpu().ordinal(), name}];
  if (!module) {
    module = std::make_shared<Module>(runtime.gpu(), compiled_or_new(text(), runtime.architecture()));
    forget(runtime.architecture(), name);
  }
  return module->find(name.c_str());
}

void load_together(const Runtime& runtime, const std::vector<KernelText>& kernels) {
  auto& [mutex, of_kernel] = modules();
  const std::lock_guard lock(mutex);
  std::set<std::string_view> names;
  std::vector<KernelText> missing;
  for (const KernelText& kernel : kernels)
    if (!of_kernel.contains({runtime.gpu().ordinal(), kernel.name}) && names.insert(kernel.name).second)
      missing.push_back(kernel);
  if (missing.empty()) return;
  const auto module = load(runtime, missing);
  for (const KernelText& kernel : missing) of_kernel[{runtime.gpu().ordinal(), kernel.name}] = module;
}

}  // namespace cornu::cuda
