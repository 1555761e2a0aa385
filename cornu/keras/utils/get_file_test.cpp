#include "cornu/keras/utils/get_file.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <thread>

#include "cornu/base/errors.h"

namespace cornu::keras::utils {
namespace {

// A server on the loopback: to each of `answers` connections it says the same, then hangs up, or says nothing until the end.
class Server {
 public:
  Server(std::string answer, int answers) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{.sin_family = AF_INET, .sin_port = 0, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
    socklen_t size = sizeof(address);
    if (::bind(socket_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(socket_, 4) != 0)
      throw std::runtime_error("no server");
    ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this, answer = std::move(answer), answers] {
      for (int i = 0; i < answers; ++i) {
        const int peer = ::accept(socket_, nullptr, nullptr);
        if (peer < 0) return;
        ++connections_;
        char request[4096];
        (void)!::read(peer, request, sizeof(request));
        if (answer.empty()) (void)!::read(peer, request, sizeof(request));  // until the other side gives up
        (void)!::write(peer, answer.data(), answer.size());
        ::close(peer);
      }
    });
  }
  ~Server() {
    ::shutdown(socket_, SHUT_RDWR);
    thread_.join();
    ::close(socket_);
  }
  std::string url() const { return fmt::format("http://127.0.0.1:{}/file.bin", port_); }
  int connections() const { return connections_; }

 private:
  int socket_, port_ = 0;
  std::atomic<int> connections_{0};
  std::thread thread_;
};

std::string answer(const std::string& body, std::size_t length) {
  return fmt::format("HTTP/1.0 200 OK\r\nContent-Length: {}\r\n\r\n{}", length, body);
}

class GetFile : public ::testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::remove_all(home_);
    ::setenv("KERAS_HOME", home_.c_str(), 1);
    ::setenv("no_proxy", "127.0.0.1", 1);
  }
  void TearDown() override {
    ::unsetenv("KERAS_HOME");
    std::filesystem::remove_all(home_);
  }
  std::string refused(const std::string& url, GetFileArgs args = {}) {
    try {
      get_file("file.bin", url, args);
    } catch (const FileError& e) {
      EXPECT_FALSE(std::filesystem::exists(home_ / "datasets/file.bin"));
      return e.what();
    }
    return "not refused";
  }
  static std::string text(const std::string& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  std::filesystem::path home_ = std::filesystem::temp_directory_path() / fmt::format("cornu-get-file-{}", ::getpid());
  const std::string sha256_of_hello = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
};

TEST_F(GetFile, DownloadsOnceAndChecksWhatCame) {
  const Server server(answer("hello", 5), 1);
  const std::string path = get_file("file.bin", server.url(), {.sha256 = sha256_of_hello});
  EXPECT_EQ(path, (home_ / "datasets/file.bin").string());
  EXPECT_EQ(text(path), "hello");
  EXPECT_EQ(get_file("file.bin", server.url(), {.sha256 = sha256_of_hello}), path);
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(GetFile, ReplacesAFileThatIsNotTheOneExpected) {
  std::filesystem::create_directories(home_ / "datasets");
  std::ofstream(home_ / "datasets/file.bin") << "damaged";
  const Server server(answer("hello", 5), 1);
  EXPECT_EQ(text(get_file("file.bin", server.url(), {.sha256 = sha256_of_hello})), "hello");
}

TEST_F(GetFile, RefusesWhatIsNotTheFile) {
  const std::string gone = std::make_unique<Server>("", 0)->url();
  EXPECT_NE(refused(gone).find("cannot be downloaded"), std::string::npos);
  const Server other(answer("hullo", 5), 1);
  EXPECT_NE(refused(other.url(), {.sha256 = sha256_of_hello}).find("SHA-256"), std::string::npos);
  const Server truncated(answer("hel", 5), 1);
  EXPECT_NE(refused(truncated.url()).find("cannot be downloaded"), std::string::npos);
  const Server missing("HTTP/1.0 404 Not Found\r\n\r\n", 1);
  EXPECT_NE(refused(missing.url()).find("cannot be downloaded"), std::string::npos);
}

TEST_F(GetFile, AFolderThatCannotBeMadeIsFoundOutBeforeTheDownload) {
  std::ofstream(home_) << "a file where the folder would be";
  const Server server(answer("hello", 5), 1);
  EXPECT_NE(refused(server.url()).find((home_ / "datasets").string()), std::string::npos);
  EXPECT_EQ(server.connections(), 0);
}

TEST_F(GetFile, GivesUpOnAServerThatSaysNothing) {
  const Server silent("", 1);
  const auto start = std::chrono::steady_clock::now();
  EXPECT_NE(refused(silent.url(), {.stall_timeout = 1}).find("cannot be downloaded"), std::string::npos);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
}

}  // namespace
}  // namespace cornu::keras::utils
