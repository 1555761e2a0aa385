#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>

// For tests: a folder that stands for a machine's "/".
namespace cornu::target {

class FakeRoot : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = ::testing::TempDir() + "cornu_root_XXXXXX";
    root_ = mkdtemp(name.data());
  }
  void TearDown() override { std::filesystem::remove_all(root_); }
  void write(const std::string& path, const std::string& text) {
    std::filesystem::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }
  void link(const std::string& path, const std::string& to) {
    std::filesystem::create_directories((root_ / path).parent_path());
    std::filesystem::create_symlink(to, root_ / path);
  }
  std::filesystem::path root_;
};

}  // namespace cornu::target
