// libnvrtc.so.13: builds a kernel's text for the host with the compiler that built this library. The cubin is a shared object, which
// the virtual libcuda runs.
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

#include "cornu/backend/cuda/library/nvrtc.h"
#include "tests/virtual_gpu/script.h"

struct _nvrtcProgram {
  std::string text, name, log, cubin;
};

namespace cornu::cuda {
namespace {

namespace fs = std::filesystem;

#define ENTER(symbol) \
  if (const unsigned answer = virtual_gpu::enter(#symbol)) return static_cast<nvrtcResult>(answer)

// A version that there is none of: what it makes is no code of a card's, and the cache of kernels must not mix the two.
constexpr int kVersion[] = {13, 999};

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// A folder that goes when it is no longer needed.
class Workshop {
 public:
  Workshop() {
    std::string name = (fs::temp_directory_path() / "virtual-nvrtc-XXXXXX").string();
    if (!::mkdtemp(name.data())) virtual_gpu::violation("no temporary folder for a kernel");
    folder_ = name;
  }
  ~Workshop() {
    std::error_code none;
    fs::remove_all(folder_, none);
  }
  fs::path operator/(const char* name) const { return folder_ / name; }

 private:
  fs::path folder_;
};

int run(const std::vector<std::string>& words, const fs::path& output) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (!std::freopen(output.c_str(), "w", stderr)) ::_exit(127);
    ::unsetenv("LD_LIBRARY_PATH");
    std::vector<char*> arguments;
    for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    ::execvp(arguments[0], arguments.data());
    ::_exit(127);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

struct Options {
  int architecture = 0;  // 90
  bool multiply_adds = true, flushes = false;
};

// False if there is an option that the real one does not know, or that nothing here plays.
bool read_options(int count, const char* const* given, Options& options) {
  for (int i = 0; i < count; ++i) {
    const std::string option = given[i];
    constexpr std::string_view kArchitecture = "--gpu-architecture=sm_";
    if (option.starts_with(kArchitecture)) options.architecture = std::atoi(option.c_str() + kArchitecture.size());
    else if (option == "--fmad=false") options.multiply_adds = false;
    else if (option == "--ftz=true") options.flushes = true;
    else if (option != "--std=c++20" && option != "--device-as-default-execution-space") return false;
  }
  return options.architecture > 0;
}

// Every kernel of a text with the threads that its launch bounds allow.
std::string exports(const std::string& text) {
  static const std::regex kernel(
      R"(__global__\s+(?:__launch_bounds__\((\d+)[^)]*\)\s*)?void\s+(?:__launch_bounds__\((\d+)[^)]*\)\s*)?(\w+)\s*\()");
  std::string out;
  for (std::sregex_iterator at(text.begin(), text.end(), kernel), end; at != end; ++at) {
    const std::string name = (*at)[3], bound = (*at)[1].length() ? (*at)[1] : (*at)[2];
    out += fmt::format(
        "extern \"C\" __attribute__((visibility(\"default\"))) const virtual_gpu::Kernel virtual_gpu_kernel_{0} = "
        "virtual_gpu::Caller<&{0}, std::remove_pointer_t<decltype(&{0})>>::kernel({1});\n",
        name, bound.empty() ? "0" : bound);
  }
  return out;
}

std::string source(const _nvrtcProgram& program, const Options& options) {
  const bool has_barriers = program.text.find("__sync") != std::string::npos || program.text.find("__shfl") != std::string::npos;
  const bool has_shared = program.text.find("__shared__") != std::string::npos;
  return fmt::format(
      "#include \"tests/virtual_gpu/kernel_prologue.h\"\n#define __CUDA_ARCH__ {}0\n#line 1 \"{}\"\n{}\n#line 1 \"exports\"\n{}{}"
      "extern \"C\" __attribute__((visibility(\"default\"))) const virtual_gpu::Module virtual_gpu_module = "
      "{{&virtual_gpu::virtual_gpu_state, {}, {}, {}, {}}};\n",
      options.architecture, program.name, program.text, exports(program.text),
      has_shared ? "extern \"C\" char __start_virtual_gpu_shared[], __stop_virtual_gpu_shared[];\n" : "", options.architecture,
      has_barriers ? "true" : "false", options.flushes ? "true" : "false",
      has_shared ? "__start_virtual_gpu_shared, __stop_virtual_gpu_shared" : "nullptr, nullptr");
}

}  // namespace

extern "C" {

VIRTUAL_GPU_EXPORT nvrtcResult nvrtcVersion(int* major, int* minor) {
  ENTER(nvrtcVersion);
  *major = kVersion[0];
  *minor = kVersion[1];
  return NVRTC_SUCCESS;
}

VIRTUAL_GPU_EXPORT const char* nvrtcGetErrorString(nvrtcResult result) {
#define NAME_OF(known, value) \
  if (result == (value)) return #known;
  CORNU_NVRTC_RESULTS(NAME_OF)
  return "unknown";
}

VIRTUAL_GPU_EXPORT nvrtcResult nvrtcCreateProgram(nvrtcProgram* program, const char* text, const char* name, int headers,
                                                  const char* const*, const char* const*) {
  ENTER(nvrtcCreateProgram);
  if (headers != 0) virtual_gpu::violation("a kernel's text with headers");
  *program = new _nvrtcProgram{text, name ? name : "default_program", "", ""};
  return NVRTC_SUCCESS;
}

VIRTUAL_GPU_EXPORT nvrtcResult nvrtcCompileProgram(nvrtcProgram program, int count, const char* const* given) {
  ENTER(nvrtcCompileProgram);
  Options options;
  if (!read_options(count, given, options)) return NVRTC_ERROR_INVALID_OPTION;
  const Workshop workshop;
  std::ofstream(workshop / "kernel.cpp") << source(*program, options);
  const int status =
      run({VIRTUAL_GPU_COMPILER, "-std=c++20", "-O1", "-shared", "-fPIC", "-fvisibility=hidden", "-fsanitize=alignment",
           "-fsanitize-undefined-trap-on-error", options.multiply_adds ? "-ffp-contract=fast" : "-ffp-contract=off", "-I",
           VIRTUAL_GPU_SOURCE, workshop / "kernel.cpp", "-o", workshop / "kernel.so"},
          workshop / "log");
  program->log = read(workshop / "log");
  if (status != 0) return NVRTC_ERROR_COMPILATION;
  program->cubin = read(workshop / "kernel.so");
  return NVRTC_SUCCESS;
}

VIRTUAL_GPU_EXPORT nvrtcResult nvrtcGetProgramLogSize(nvrtcProgram program, std::size_t* bytes) {
  ENTER(nvrtcGetProgramLogSize);
  return *bytes = program->log.size() + 1, NVRTC_SUCCESS;
}
VIRTUAL_GPU_EXPORT nvrtcResult nvrtcGetProgramLog(nvrtcProgram program, char* log) {
  ENTER(nvrtcGetProgramLog);
  return std::memcpy(log, program->log.c_str(), program->log.size() + 1), NVRTC_SUCCESS;
}
VIRTUAL_GPU_EXPORT nvrtcResult nvrtcGetCUBINSize(nvrtcProgram program, std::size_t* bytes) {
  ENTER(nvrtcGetCUBINSize);
  return *bytes = program->cubin.size(), NVRTC_SUCCESS;
}
VIRTUAL_GPU_EXPORT nvrtcResult nvrtcGetCUBIN(nvrtcProgram program, char* cubin) {
  ENTER(nvrtcGetCUBIN);
  return std::memcpy(cubin, program->cubin.data(), program->cubin.size()), NVRTC_SUCCESS;
}
VIRTUAL_GPU_EXPORT nvrtcResult nvrtcDestroyProgram(nvrtcProgram* program) {
  ENTER(nvrtcDestroyProgram);
  delete std::exchange(*program, nullptr);
  return NVRTC_SUCCESS;
}

}  // extern "C"
}  // namespace cornu::cuda
