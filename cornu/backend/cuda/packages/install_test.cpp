#include "cornu/backend/cuda/packages/install.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "cornu/backend/cuda/packages/table.h"
#include "cornu/io/file.h"
#include "cornu/io/sha256.h"
#include "cornu/io/zip.h"
#include "tests/expect_error.h"
#include "tests/temporary_folder.h"

namespace cornu::cuda::packages {
namespace {

namespace fs = std::filesystem;

io::FileBytes bytes_of(const std::string& text) {
  const auto copy = std::make_shared<std::string>(text);
  return {"text", {copy, reinterpret_cast<const std::byte*>(copy->data())}, copy->size()};
}

// A table of tiny wheels of CUDA 12, and a folder that holds them.
class CudaPackages : public testing::Test {
 protected:
  void SetUp() override {
    fs::create_directory(folder_ / "wheels");
    add("cudnn", "9.1.0", {{"nvidia/cudnn/lib/libcudnn.so.9", "the library"}, {"nvidia/cudnn/include/cudnn.h", "a header"}});
    add("nvrtc", "12.9.86",
        {{"nvidia/cuda_nvrtc/lib/libnvrtc.so.12", "1"}, {"nvidia/cuda_nvrtc/lib/libnvrtc-builtins.so.12.9", ""}});
    add("nccl", "2.28.9", {{"nvidia/nccl/lib/libnccl.so.2", "n"}}, true);
  }
  void add(const std::string& name, const std::string& version, const std::map<std::string, std::string>& files,
           bool optional = false) {
    std::vector<io::ZipMember> members;
    for (const auto& [path, text] : files) members.push_back({path, bytes_of(text)});
    const std::string file = "nvidia_" + name + "-" + version + "-py3-none-manylinux_2_27_x86_64.whl",
                      path = folder_ / ("wheels/" + file);
    io::write_zip(path, members);
    const nlohmann::json one{
        {"file", file}, {"bytes", fs::file_size(path)}, {"sha256", io::sha256_of(io::map_file(path).span())}};
    std::erase_if(packages_, [&](const auto& known) { return known.at("name") == name; });
    packages_.push_back({{"name", name},
                         {"wheel", "nvidia-" + name},
                         {"version", version},
                         {"optional", optional},
                         {"files", {{"x86_64", one}, {"aarch64", one}}}});
    const nlohmann::json table{
        {"sets", {{{"cuda", 12}, {"driver", "525.60.13"}, {"architectures", {75, 90}}, {"packages", packages_}}}}};
    std::ofstream(folder_ / "table.json") << table;
  }
  InstallArgs args() { return {.prefix = folder_ / "prefix", .from = folder_ / "wheels", .table = folder_ / "table.json"}; }
  std::string wheel(const std::string& name) {
    for (const auto& entry : fs::directory_iterator(folder_ / "wheels"))
      if (entry.path().filename().string().find(name) != std::string::npos) return entry.path();
    return "";
  }
  std::string names(const std::vector<Installed>& all) {
    std::string text;
    for (const Installed& one : all) text += (text.empty() ? "" : " ") + one.folder.filename().string();
    return text;
  }
  std::vector<std::string> files_in_prefix() {
    std::vector<std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(args().prefix)) files.push_back(entry.path().filename());
    return files;
  }

  TemporaryFolder folder_;
  std::vector<nlohmann::json> packages_;
};

TEST_F(CudaPackages, AreInstalledListedAndRemovedWithoutATrace) {
  EXPECT_EQ(names(install(args())), "cudnn-9.1.0-cuda12 nvrtc-12.9.86-cuda12");
  std::ifstream library(args().prefix / "cudnn-9.1.0-cuda12/lib/libcudnn.so.9");
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(library), {}), "the library");
  EXPECT_FALSE(fs::exists(args().prefix / "cudnn-9.1.0-cuda12/lib/cudnn.h"));
  EXPECT_TRUE(fs::exists(args().prefix / "nvrtc-12.9.86-cuda12/lib/libnvrtc-builtins.so.12.9"));
  const auto all = list(args().prefix);
  EXPECT_EQ(names(all), "cudnn-9.1.0-cuda12 nvrtc-12.9.86-cuda12");
  EXPECT_EQ(all[0].bytes, 11);
  EXPECT_EQ(names(remove(args().prefix, {"cudnn"})), "cudnn-9.1.0-cuda12");
  EXPECT_EQ(names(list(args().prefix)), "nvrtc-12.9.86-cuda12");
  remove(args().prefix, {});
  EXPECT_FALSE(fs::exists(args().prefix));
  EXPECT_EQ(names(remove(args().prefix, {})), "");
}

TEST_F(CudaPackages, OptionalOnesComeWhenAskedFor) {
  InstallArgs some = args();
  some.only = {"nccl"};
  EXPECT_EQ(names(install(some)), "nccl-2.28.9-cuda12");
  some.only = {"ncl"};
  expect_error<ValueError>([&] { install(some); }, "There is no package 'ncl'. Did you mean nccl? Known: cudnn, nvrtc, nccl.");
  some.only = {};
  some.cuda = 11;
  expect_error<ValueError>([&] { install(some); }, "no set of libraries for CUDA 11. Known: 12.");
}

TEST_F(CudaPackages, TwoVersionsStandSideBySide) {
  install(args());
  add("cudnn", "9.10.2", {{"nvidia/cudnn/lib/libcudnn.so.9", "newer"}});
  EXPECT_EQ(names(install(args())), "nvrtc-12.9.86-cuda12 cudnn-9.10.2-cuda12");
  EXPECT_EQ(names(list(args().prefix)), "cudnn-9.10.2-cuda12 cudnn-9.1.0-cuda12 nvrtc-12.9.86-cuda12");
}

TEST_F(CudaPackages, AWheelWithAnotherHashIsRefused) {
  std::ofstream(wheel("cudnn"), std::ios::app) << "more";
  expect_error<FileError>([&] { install(args()); }, "is not the wheel of cudnn 9.1.0 that Cornu knows: its SHA-256 is");
  EXPECT_FALSE(fs::exists(args().prefix / "cudnn-9.1.0-cuda12"));
  fs::remove(wheel("cudnn"));
  expect_error<FileError>([&] { install(args()); },
                          "holds no nvidia_cudnn-9.1.0-py3-none-manylinux_2_27_x86_64.whl. Bring it there");
}

TEST_F(CudaPackages, WhatIsNoWheelLeavesNothing) {
  add("cudnn", "9.1.0", {{"README", "no library"}});
  expect_error<FileError>([&] { install(args()); }, "holds no library of NVIDIA's");
  EXPECT_EQ(names(list(args().prefix)), "nvrtc-12.9.86-cuda12");
  for (const std::string& file : files_in_prefix()) EXPECT_EQ(file.find("cudnn"), std::string::npos) << file;
}

TEST_F(CudaPackages, AnInterruptedInstallIsCleanedByTheNext) {
  fs::create_directories(args().prefix / ".unfinished-cudnn-9.1.0-cuda12/lib");
  std::ofstream(args().prefix / ".unfinished-cudnn-9.1.0-cuda12/lib/libcudnn.so.9") << "half";
  EXPECT_EQ(names(list(args().prefix)), "");
  install(args());
  EXPECT_EQ(names(list(args().prefix)), "cudnn-9.1.0-cuda12 nvrtc-12.9.86-cuda12");
  EXPECT_FALSE(fs::exists(args().prefix / ".unfinished-cudnn-9.1.0-cuda12"));
}

TEST_F(CudaPackages, FoldersOfOthersStay) {
  fs::create_directories(args().prefix / "mine");
  install(args());
  remove(args().prefix, {});
  EXPECT_TRUE(fs::exists(args().prefix / "mine"));
  expect_error<ValueError>([&] { remove(args().prefix, {"cudnn"}); }, "'cudnn' is not installed in");
}

TEST_F(CudaPackages, ThePrefixMustBeAFolderThatCanBeWritten) {
  std::ofstream(args().prefix) << "a file";
  expect_error<FileError>([&] { install(args()); }, "Cannot make the folder");
}

TEST(CudaPackageTable, IsWhole) {
  std::vector<int> cuda;
  for (const PackageSet& set : table()) {
    cuda.push_back(set.cuda);
    std::vector<std::string> names;
    for (const Package& package : set.packages) {
      names.push_back(package.name);
      EXPECT_EQ(package.sha256.size(), 64u) << package.file;
      EXPECT_GT(package.bytes, 1 << 20) << package.file;
      EXPECT_NE(package.file.find(package.version), std::string::npos) << package.file;
    }
    EXPECT_EQ(names, (std::vector<std::string>{"nvrtc", "nvjitlink", "cublas", "cudnn", "nccl"}));
    EXPECT_FALSE(set.driver.empty());
  }
  EXPECT_EQ(cuda, (std::vector{13, 12}));
}

TEST(CudaPackageTable, ABrokenOneIsNamed) {
  TemporaryFolder folder;
  const auto read = [&](const std::string& text) {
    std::ofstream(folder / "table.json") << text;
    return error_of<FileError>([&] { read_table(folder / "table.json"); });
  };
  for (const char* text : {"", "{}", R"({"sets": []})", R"({"sets": [{"cuda": "13"}]})", R"({"sets": 3})",
                           R"({"sets": [{"cuda": 13, "driver": "1", "architectures": [75], "packages": [{"name": "../x"}]}]})"})
    EXPECT_NE(read(text).find("it is not a table of NVIDIA's packages"), std::string::npos) << text;
}

}  // namespace
}  // namespace cornu::cuda::packages
