#include "cornu/backend/cuda/kernel/kernel.h"

#include <fmt/format.h>

#include <atomic>
#include <filesystem>
#include <span>
#include <sstream>
#include <vector>

#include "cornu/backend/cuda/library/calls.h"
#include "cornu/backend/cuda/library/nvrtc.h"
#include "cornu/io/file.h"
#include "cornu/io/sha256.h"

namespace cornu::cuda {
namespace {

std::atomic<int64_t> texts{0};

// Where a text lies for whoever wants to know what is wrong with it; empty if nowhere.
std::string keep_refused(const std::string& text) {
  try {
    const auto bytes = std::as_bytes(std::span(text));
    const auto file = std::filesystem::temp_directory_path() / ("cornu-kernel-" + io::sha256_of(bytes).substr(0, 16) + ".cu");
    io::write_file_atomically(file.string(), bytes);
    return "; its text is in " + file.string();
  } catch (const std::exception&) {
    return "";
  }
}

// A program of NVRTC's while it lives.
class Program {
 public:
  explicit Program(const std::string& text) : text_(text) {
    must(nvrtc_.nvrtcCreateProgram(&program_, text.c_str(), "kernel.cu", 0, nullptr, nullptr), "nvrtcCreateProgram");
  }
  ~Program() { nvrtc_.nvrtcDestroyProgram(&program_); }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  void compile(int architecture) {
    std::vector<std::string> words{fmt::format("--gpu-architecture=sm_{}", architecture)};
    std::istringstream rest(kCompileOptions);
    for (std::string word; rest >> word;) words.push_back(word);
    std::vector<const char*> options;
    for (const std::string& word : words) options.push_back(word.c_str());
    ++texts;
    const nvrtcResult result = nvrtc_.nvrtcCompileProgram(program_, static_cast<int>(options.size()), options.data());
    if (result != NVRTC_SUCCESS)
      throw error<CompileError>("NVRTC refuses a kernel for sm_{} ({}){}:\n{}", architecture, nvrtc_.nvrtcGetErrorString(result),
                                keep_refused(text_), log());
  }
  std::string cubin() const {
    std::size_t bytes = 0;
    must(nvrtc_.nvrtcGetCUBINSize(program_, &bytes), "nvrtcGetCUBINSize");
    std::string cubin(bytes, '\0');
    must(nvrtc_.nvrtcGetCUBIN(program_, cubin.data()), "nvrtcGetCUBIN");
    return cubin;
  }

 private:
  std::string log() const {
    std::size_t bytes = 0;
    nvrtc_.nvrtcGetProgramLogSize(program_, &bytes);
    std::string log(bytes, '\0');
    if (bytes > 0) nvrtc_.nvrtcGetProgramLog(program_, log.data());
    return log.c_str();  // without the zero at its end
  }
  void must(nvrtcResult result, const char* call) const {
    if (result != NVRTC_SUCCESS) throw error<DeviceError>("{} answers {}", call, nvrtc_.nvrtcGetErrorString(result));
  }

  const std::string& text_;
  const Nvrtc& nvrtc_ = need<Nvrtc>();
  nvrtcProgram program_ = nullptr;
};

}  // namespace

std::string compile(const std::string& text, int architecture) {
  Program program(text);
  program.compile(architecture);
  return program.cubin();
}

int64_t texts_compiled() { return texts; }

Module::Module(const Gpu& gpu, const std::string& cubin) : gpu_(gpu) {
  gpu_.make_current();
  CORNU_DRIVER_CALL(cuModuleLoadData, &module_, cubin.data());
}
Module::~Module() {
  gpu_.make_current_if_possible();
  driver().cuModuleUnload(module_);
}

CUfunction Module::find(const char* kernel) const {
  gpu_.make_current();
  CUfunction function = nullptr;
  CORNU_DRIVER_CALL(cuModuleGetFunction, &function, module_, kernel);
  return function;
}

void launch_raw(CUfunction kernel, Grid grid, const Stream& stream, void** parameters) {
  stream.gpu().make_current();
  CORNU_DRIVER_CALL(cuLaunchKernel, kernel, grid.blocks, 1, 1, grid.threads, 1, 1, grid.shared_bytes, stream.handle(), parameters,
                    nullptr);
}

}  // namespace cornu::cuda
