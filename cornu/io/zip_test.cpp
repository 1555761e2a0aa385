#include "cornu/io/zip.h"

#include <sys/resource.h>

#include <csignal>
#include <filesystem>

#include "cornu/io/file.h"
#include "cornu/io/inflate.h"
#include "tests/golden_io.h"

namespace cornu::io {
namespace {

class ZipTest : public testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove(path_); }
  // The archive of these members, its bytes free to be changed.
  std::string written(const std::vector<std::pair<std::string, std::string>>& members) {
    std::vector<ZipMember> all;
    for (const auto& [name, content] : members) all.push_back({name, bytes_of(content)});
    write_zip(path_, all);
    return text_of(map_file(path_));
  }
  static std::string replaced(std::string text, const std::string& from, const std::string& to) {
    for (size_t at = 0; (at = text.find(from, at)) != text.npos; at += to.size()) text.replace(at, from.size(), to);
    return text;
  }
  std::string path_ = std::filesystem::path(testing::TempDir()) / fmt::format("cornu_{}.zip", ::getpid());
};

TEST_F(ZipTest, ReadsWhatKerasWrote) {
  const ZipReader archive(golden("model.keras"));
  EXPECT_EQ(archive.names(), (std::vector<std::string>{"config.json", "metadata.json", "model.weights.h5"}));
  EXPECT_NE(text_of(archive.read("metadata.json")).find("\"keras_version\""), std::string::npos);
  EXPECT_EQ(text_of(archive.read("model.weights.h5")).substr(1, 3), "HDF");
}

TEST_F(ZipTest, DoesNotCopyAStoredMember) {
  const FileBytes file = map_file(golden("model.keras"));
  const FileBytes member = ZipReader(file).read("model.weights.h5");
  EXPECT_GT(member.data.get(), file.data.get());
  EXPECT_LE(member.data.get() + member.size, file.data.get() + file.size);
}

TEST_F(ZipTest, RoundTrip) {
  const std::string large(3 << 20, 'x');
  written({{"b/large", large}, {"a", "horn"}, {"empty", ""}, {"\xCE\xBA", "kappa"}});
  const ZipReader archive(path_);
  EXPECT_EQ(archive.names(), (std::vector<std::string>{"a", "b/large", "empty", "\xCE\xBA"}));
  EXPECT_EQ(text_of(archive.read("b/large")), large);
  EXPECT_EQ(text_of(archive.read("a")), "horn");
  EXPECT_EQ(text_of(archive.read("\xCE\xBA")), "kappa");
  EXPECT_EQ(archive.read("empty").size, 0u);
  EXPECT_NE(file_error_of([&] { archive.read("c"); }).find(":c': the archive has no such member"), std::string::npos);
}

TEST_F(ZipTest, IsStoredAndDated1980AndTheSameEachTime) {
  const std::string bytes = written({{"a", "horn"}});
  EXPECT_EQ(bytes.substr(8, 6), std::string("\0\0\0\0\x21\0", 6));  // method, time, date of the local header
  EXPECT_EQ(written({{"a", "horn"}}), bytes);
}

TEST_F(ZipTest, RefusesNamesThatLeaveTheFolder) {
  const std::string bytes = written({{"xx/yyy", "horn"}});
  EXPECT_EQ(ZipReader(bytes_of(bytes)).names().size(), 1u);
  for (const char* name : {"../yyy", "/x/yyy", "x/../y", "xxx/..", "c:/yyy", "x\\yyyy"})
    EXPECT_NE(file_error_of([&] { ZipReader{bytes_of(replaced(bytes, "xx/yyy", name))}; }).find("leave the folder"),
              std::string::npos)
        << name;
  EXPECT_NO_THROW(ZipReader{bytes_of(replaced(bytes, "xx/yyy", "xx/..y"))});
}

TEST_F(ZipTest, RefusesTwoMembersOfOneName) {
  const std::string bytes = replaced(written({{"one", "1"}, {"two", "2"}}), "two", "one");
  EXPECT_NE(file_error_of([&] { ZipReader{bytes_of(bytes)}; }).find("two members of this name"), std::string::npos);
}

TEST_F(ZipTest, ChecksTheCrc) {
  const std::string bytes = replaced(written({{"a", "horn"}}), "horn", "corn");
  EXPECT_NE(file_error_of([&] { ZipReader(bytes_of(bytes)).read("a"); }).find("wrong CRC"), std::string::npos);
}

TEST_F(ZipTest, RefusesDamagedDirectories) {
  const std::string bytes = written({{"a", "horn"}, {"b", "corn"}});
  for (size_t size = 0; size < bytes.size(); ++size) EXPECT_THROW(ZipReader{bytes_of(bytes.substr(0, size))}, FileError) << size;
}

TEST_F(ZipTest, AFullDiskNamesThePathAndKeepsTheOldFile) {
  const std::string old = written({{"a", "horn"}});
  rlimit before;
  ::getrlimit(RLIMIT_FSIZE, &before);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{4096, before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &small);
  const std::string text = file_error_of([&] { written({{"a", std::string(1 << 16, 'x')}}); });
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(text, fmt::format("Cannot write '{}': File too large.", path_));
  EXPECT_EQ(text_of(map_file(path_)), old);
}

}  // namespace
}  // namespace cornu::io
