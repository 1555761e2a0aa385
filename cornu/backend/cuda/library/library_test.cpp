#include "cornu/backend/cuda/library/library.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "cornu/backend/cuda/library/driver.h"
#include "cornu/target/fake_root.h"
#include "tests/expect_error.h"

namespace cornu::cuda {
namespace {

using std::string;

const string kVirtualGpu = CORNU_BINARY_DIR "/virtual-gpu";
const LibraryNames kToolkitPart{"a part of a toolkit", {Soname{"libcornu_absent.so.2"}, Soname{"libcornu_absent.so.1"}}};

class CudaLibrary : public target::FakeRoot {
 protected:
  devices::Machine machine() {
    return {root_, [this](const char* name) {
              const auto at = environment_.find(name);
              return at == environment_.end() ? std::nullopt : std::optional(at->second);
            }};
  }
  string at(const string& path) { return (root_ / path).string(); }
  std::map<string, string> environment_;
};

TEST_F(CudaLibrary, FoldersComeInTheirOrder) {
  environment_ = {{"CUDA_HOME", at("opt/a")}, {"CUDA_PATH", at("opt/b")}, {"VIRTUAL_ENV", at("venv")}, {"HOME", at("home")}};
  const std::vector<string> expected = {"opt/a/lib64",
                                        "opt/a/targets/x86_64-linux/lib",
                                        "opt/b/lib",
                                        "venv/lib/python3.12/site-packages/nvidia/cudnn/lib",
                                        "venv/lib/python3.12/site-packages/nvidia/nccl/lib",
                                        "home/.local/lib/python3.11/site-packages/nvidia/cudnn/lib",
                                        "usr/lib/python3.11/dist-packages/nvidia/cu13/lib",
                                        "home/.local/share/cornu/cuda/cudnn-9.19.0.56-cuda13/lib",
                                        "home/.local/share/cornu/cuda/cudnn-9.9.0.52-cuda12/lib",
                                        "usr/local/cuda/lib64",
                                        "usr/local/cuda-13.0/lib64"};
  for (const string& folder : expected) write(folder + "/a_file", "");
  const std::vector<string> found = library_folders(kToolkitPart, machine());
  std::vector<string> absolute;
  for (const string& folder : expected) absolute.push_back(at(folder));
  EXPECT_EQ(found, absolute);
  environment_["XDG_DATA_HOME"] = at("data");
  write("data/cornu/cuda/nccl-2.28.9-cuda13/lib/a_file", "");
  write("data/cornu/cuda/.unfinished-nccl-2.29.0-cuda13/lib/a_file", "");
  write("data/cornu/cuda/another/lib/a_file", "");
  const auto count = [&](const LibraryNames& names) {
    return std::ranges::count_if(library_folders(names, machine()),
                                 [&](const string& folder) { return folder.starts_with(at("data")); });
  };
  EXPECT_EQ(count(kToolkitPart), 1);
  EXPECT_EQ(count(kToolkitPart.runnable(12)), 0);
}

TEST_F(CudaLibrary, ADriverIsNotLookedForInToolkits) {
  environment_["CUDA_HOME"] = at("opt/cuda");
  write("opt/cuda/lib64/libcuda.so.1", "");
  write("usr/lib/wsl/lib/a_file", "");
  EXPECT_EQ(library_folders(Driver::names(), machine()), std::vector{at("usr/lib/wsl/lib")});
}

TEST_F(CudaLibrary, ASearchTellsOfEveryPlace) {
  environment_ = {{"CORNU_CUDA_LIB_DIR", at("chosen")}, {"CUDA_HOME", at("opt/cuda")}};
  write("opt/cuda/lib64/libcornu_absent.so.1", "no library");
  const Library library = Library::open(kToolkitPart, machine());
  EXPECT_FALSE(library.is_open());
  EXPECT_EQ(library.find("anything"), nullptr);
  std::vector<string> places;
  for (const Attempt& attempt : library.attempts()) places.push_back(attempt.path);
  EXPECT_EQ(places, (std::vector{at("chosen/libcornu_absent.so.2"), at("chosen/libcornu_absent.so.1"),
                                 string("libcornu_absent.so.2"), string("libcornu_absent.so.1"),
                                 at("opt/cuda/lib64/libcornu_absent.so.2"), at("opt/cuda/lib64/libcornu_absent.so.1")}));
  const string text = library.search_text();
  EXPECT_NE(text.find("  " + at("chosen/libcornu_absent.so.2") + ": not found\n"), string::npos) << text;
  EXPECT_NE(text.find("libcornu_absent.so.1: file too short\n"), string::npos) << text;
}

const LibraryNames kCudnn{"convolutions", {Soname{"libcudnn.so.9"}}};
const LibraryNames kNvrtc{"the compiler", {Soname{"libnvrtc.so.13", 13}, Soname{"libnvrtc.so.12", 12}}};

TEST_F(CudaLibrary, FilesAreToldOnceWithVersionAndOwner) {
  environment_ = {{"LD_LIBRARY_PATH", "/nowhere:" + at("first")}, {"HOME", at("home")}, {"VIRTUAL_ENV", at("venv")}};
  write("first/libcudnn.so.8.9.7", "");
  link("first/libcudnn.so.8", "libcudnn.so.8.9.7");
  link("usr/lib/libcudnn.so.8", at("first/libcudnn.so.8"));  // the same once more
  write("usr/lib64/libcudnn.so.9", "");
  write("usr/lib64/libcudnn_graph.so.9", "");
  write("venv/lib/python3.12/site-packages/nvidia/cudnn/lib/libcudnn.so.9", "");
  write("usr/local/cuda-13.0/lib64/libcudnn.so.9", "");
  string text;
  for (const FoundFile& file : library_files(kCudnn, machine()))
    text += file.path.substr(root_.string().size()) + " " + file.soname + " " + file.version + " (" + file.whose + ")\n";
  EXPECT_EQ(text,
            "/first/libcudnn.so.8 libcudnn.so.8 8.9.7 (LD_LIBRARY_PATH)\n"
            "/usr/lib64/libcudnn.so.9 libcudnn.so.9 9 (the system)\n"
            "/venv/lib/python3.12/site-packages/nvidia/cudnn/lib/libcudnn.so.9 libcudnn.so.9 9 (a Python wheel)\n"
            "/usr/local/cuda-13.0/lib64/libcudnn.so.9 libcudnn.so.9 9 (CUDA's toolkit)\n");
}

TEST_F(CudaLibrary, WhatIsThereAndWillNotDoIsNamed) {
  write("usr/lib64/libcudnn.so.8", "");
  write("usr/lib64/libnvrtc.so.13", "");
  EXPECT_EQ(not_found(kCudnn, 13, machine()),
            "libcudnn.so.9 (convolutions) was not found; " + at("usr/lib64/libcudnn.so.8") + " (8) is of another version");
  EXPECT_EQ(not_found(kNvrtc, 12, machine()), "libnvrtc.so.12 (the compiler) was not found; " + at("usr/lib64/libnvrtc.so.13") +
                                                  " (13) needs a driver of CUDA 13, this one runs CUDA 12");
  EXPECT_EQ(not_found(kNvrtc, 13, machine()), "libnvrtc.so.13 (the compiler) was not found");
  EXPECT_EQ(kNvrtc.runnable(0).sonames.size(), 2u);
  EXPECT_EQ(kNvrtc.runnable(12).sonames.front().file, "libnvrtc.so.12");
}

TEST_F(CudaLibrary, ATableIsFilledFromTheChosenFolder) {
  environment_["CORNU_CUDA_LIB_DIR"] = kVirtualGpu;
  const auto opened = open<Driver>(machine());
  EXPECT_EQ(opened.problem, "");
  EXPECT_EQ(opened.library.path(), kVirtualGpu + "/libcuda.so.1");
  int version = 0;
  EXPECT_EQ(opened.table.cuDriverGetVersion(&version), CUDA_SUCCESS);
  EXPECT_EQ(version, 13000);
}

TEST_F(CudaLibrary, AMissingEntryPointIsNamed) {
  environment_["CORNU_CUDA_LIB_DIR"] = kVirtualGpu + "-old";
  const auto opened = open<Driver>(machine());
  EXPECT_EQ(opened.problem,
            "libcuda.so.1 (CUDA's driver, " + kVirtualGpu +
                "-old/libcuda.so.1) has no entry point cuDevicePrimaryCtxRetain: it is older than Cornu needs, or "
                "not NVIDIA's");
}

// What no machine has.
struct Absent {
  static LibraryNames names() { return kToolkitPart; }
#define ABSENT(X) X(int, absentVersion, ())
  CORNU_CUDA_TABLE(ABSENT)
};

TEST_F(CudaLibrary, WhoeverNeedsAnAbsentLibraryReadsWhereItWasLookedFor) {
  const string said = error_of<DeviceError>([] { need<Absent>(); });
  EXPECT_EQ(said.find("libcornu_absent.so.2 (a part of a toolkit) was not found."), 0u) << said;
  EXPECT_NE(said.find("\n  libcornu_absent.so.1: cannot open shared object file"), string::npos) << said;
}

}  // namespace
}  // namespace cornu::cuda
