#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cornu/backend/cuda/device/runtime.h"
#include "cornu/ir/lowering.h"

namespace cornu::cuda {

// A kernel in CUDA C++, on top of codegen's prologue.
struct KernelText {
  std::string name;                    // says all that the text is made for: equal names have equal texts
  std::vector<const char*> libraries;  // definitions that it shares with others, which stand once in a module
  std::string kernel;                  // the definition of the kernel itself
};
// The text of a module that has them all.
std::string module_text(const std::vector<KernelText>& kernels);

// Compiles a text, or finds it in the cache, for who wants it next: many threads may do so at once, and a text is one thread's.
void compile_ahead(const std::string& name, const std::function<KernelText()>& text, int architecture);

// What a kernel of a text takes of a card, which need not be here; compiled, or found in the cache. Zeros where there is no NVRTC, or
// what it makes is no cubin.
ir::KernelReport report_of(const KernelText& text, const Target& target);

// A kernel on a card: compiled for it, or found in the cache, once a process. `text` is asked for where it is not loaded yet.
CUfunction loaded(const Runtime& runtime, const std::string& name, const std::function<KernelText()>& text);
// Several that are not loaded yet as one module: one compilation costs little more than that of one kernel.
void load_together(const Runtime& runtime, const std::vector<KernelText>& kernels);

}  // namespace cornu::cuda
