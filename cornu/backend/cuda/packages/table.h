#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cornu/base/api.h"

// NVIDIA's libraries as `cornu cuda install` fetches them. share/cuda_packages.json says which versions go together.
namespace cornu::cuda::packages {

// A wheel for this machine's architecture.
struct Package {
  std::string name;     // "cudnn"
  std::string wheel;    // "nvidia-cudnn-cu13", as the index calls it
  std::string version;  // "9.19.0.56"
  bool is_optional = false;
  std::string file;  // "nvidia_cudnn_cu13-9.19.0.56-py3-none-manylinux_2_27_x86_64.whl"
  int64_t bytes = 0;
  std::string sha256;
};

// Versions that go together.
struct PackageSet {
  int cuda = 0;                    // 13
  std::string driver;              // the least that runs it: "580.65.06"
  std::vector<int> architectures;  // of the cards that it serves: 75, 90
  std::vector<Package> packages;
};

// The newest first. FileError names what is wrong with the file.
std::vector<PackageSet> read_table(const std::string& path);
// The one that comes with the library.
const std::vector<PackageSet>& table();

}  // namespace cornu::cuda::packages
