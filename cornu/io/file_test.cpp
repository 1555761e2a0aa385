#include "cornu/io/file.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "tests/golden_io.h"

namespace cornu::io {
namespace {

namespace fs = std::filesystem;

class FileTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(testing::TempDir()) /
              fmt::format("cornu_{}_{}", testing::UnitTest::GetInstance()->current_test_info()->name(), ::getpid());
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string path(const std::string& name = "file") const { return folder_ / name; }
  static void put(const std::string& path, const std::string& text) { std::ofstream(path) << text; }
  static std::string get(const std::string& path) {
    const FileBytes file = map_file(path);
    return {reinterpret_cast<const char*>(file.data.get()), file.size};
  }
  size_t files() const { return static_cast<size_t>(std::distance(fs::directory_iterator(folder_), {})); }

  fs::path folder_;
};

TEST_F(FileTest, MapsWhatIsThere) {
  put(path(), "horn");
  EXPECT_EQ(get(path()), "horn");
  put(path("empty"), "");
  EXPECT_EQ(map_file(path("empty")).size, 0u);
}

TEST_F(FileTest, MappingOutlivesTheNameAndAReplacement) {
  put(path(), "old");
  const FileBytes file = map_file(path());
  write_file_atomically(path(), [](AtomicFile& f) { f.write("new"); });
  EXPECT_EQ(std::memcmp(file.data.get(), "old", 3), 0);
  EXPECT_EQ(get(path()), "new");
}

TEST_F(FileTest, ErrorsNameThePath) {
  EXPECT_NE(file_error_of([&] { map_file(path("missing")); }).find("missing': No such file"), std::string::npos);
  EXPECT_NE(file_error_of([&] { map_file(folder_); }).find("it is a folder"), std::string::npos);
  EXPECT_NE(file_error_of([&] { AtomicFile(path("no/such/file")); }).find("no/such/file"), std::string::npos);
  EXPECT_NE(file_error_of([] { AtomicFile("/dev/null"); }).find("not a regular file"), std::string::npos);
}

TEST_F(FileTest, AnExceptionLeavesTheOldFileAndNoTemporary) {
  put(path(), "old");
  const auto failing = [](AtomicFile& file) {
    file.write("half");
    throw InterruptedError("stop");
  };
  EXPECT_THROW(write_file_atomically(path(), failing), InterruptedError);
  EXPECT_EQ(get(path()), "old");
  EXPECT_EQ(files(), 1u);
}

TEST_F(FileTest, SeeksBackToPatch) {
  write_file_atomically(path(), [](AtomicFile& file) {
    file.write("abcdef");
    file.seek(1);
    file.write("XY");
  });
  EXPECT_EQ(get(path()), "aXYdef");
}

TEST_F(FileTest, KeepsTheModeAndFollowsALink) {
  put(path(), "old");
  fs::permissions(path(), fs::perms::owner_read | fs::perms::owner_write);
  fs::create_symlink("file", path("link"));
  write_file_atomically(path("link"), [](AtomicFile& file) { file.write("new"); });
  EXPECT_TRUE(fs::is_symlink(path("link")));
  EXPECT_EQ(get(path()), "new");
  EXPECT_EQ(fs::status(path()).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

// A file size limit stands for a full disk: the same write fails in the same place.
TEST_F(FileTest, AFullDiskLeavesTheOldFile) {
  put(path(), "old");
  rlimit before;
  ::getrlimit(RLIMIT_FSIZE, &before);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{4096, before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &small);
  const std::string text =
      file_error_of([&] { write_file_atomically(path(), [](AtomicFile& f) { f.write(std::string(8192, 'x')); }); });
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_NE(text.find(path()), std::string::npos) << text;
  EXPECT_EQ(get(path()), "old");
  EXPECT_EQ(files(), 1u);
}

TEST_F(FileTest, TemporariesAreRemovedWhenTheProcessEndsBySignalOrExit) {
  for (const bool by_signal : {true, false}) {
    const pid_t child = ::fork();
    if (child == 0) {
      AtomicFile file(path());
      file.write("half");
      if (!by_signal) {
        remove_temporaries();  // what std::exit() calls; the test's own exit handlers must not run here
        ::_exit(0);
      }
      std::signal(SIGTERM, [](int) {
        remove_temporaries();
        ::_exit(1);
      });
      std::raise(SIGTERM);
    }
    int status;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(files(), 0u);
  }
}

TEST_F(FileTest, AChildDoesNotRemoveItsParentsTemporaries) {
  AtomicFile file(path());
  file.write("whole");
  if (const pid_t child = ::fork(); child == 0) {
    remove_temporaries();
    ::_exit(0);
  } else {
    ::waitpid(child, nullptr, 0);
  }
  file.commit();
  EXPECT_EQ(get(path()), "whole");
}

}  // namespace
}  // namespace cornu::io
