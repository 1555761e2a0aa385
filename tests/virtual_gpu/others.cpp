#include "tests/virtual_gpu/others.h"

#include <dlfcn.h>

#include "tests/virtual_gpu/script.h"

namespace virtual_gpu {

const Others* others_if_there() {
  static const Others* found = nullptr;
  if (found) return found;
  void* driver = dlopen("libcuda.so.1", RTLD_NOW | RTLD_NOLOAD);
  return found = driver ? static_cast<const Others*>(dlsym(driver, "virtual_gpu_for_others")) : nullptr;
}

const Others& others() {
  const Others* found = others_if_there();
  if (!found) violation("a library of the virtual GPU without its libcuda");
  return *found;
}

std::size_t version_of(const char* library, int otherwise) {
  const auto& libraries = script().libraries;
  const auto known = libraries.find(library);
  return static_cast<std::size_t>(known == libraries.end() ? otherwise : known->second);
}

}  // namespace virtual_gpu
