#include "cornu/backend/cuda/loaded.h"

#include <map>
#include <mutex>
#include <set>

#include "cornu/backend/cuda/cubin.h"
#include "cornu/backend/cuda/kernel_cache.h"
#include "cornu/backend/cuda/nvrtc.h"
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

ir::KernelReport report_of(const KernelText& text, const Target& target) {
  ir::KernelReport out;
  if (!opened<Nvrtc>().problem.empty()) return out;
  const std::string cubin = KernelCache::of_user().cubin(module_text({text}), target.cuda.compute_capability / 10);
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
  if (!module) module = load(runtime, {text()});
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
