#include "cornu/keras/utils/get_file.h"

#include <curl/curl.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <utility>
#include <vector>

#include "cornu/base/environment.h"
#include "cornu/base/errors.h"
#include "cornu/base/python_names.h"
#include "cornu/io/file.h"
#include "cornu/io/sha256.h"

namespace cornu::keras::utils {
namespace {

std::size_t append(char* data, std::size_t size, std::size_t count, void* to) {
  auto& bytes = *static_cast<std::vector<std::byte>*>(to);
  const auto* first = reinterpret_cast<const std::byte*>(data);
  bytes.insert(bytes.end(), first, first + size * count);
  return size * count;
}

// Keras's bar, on a terminal.
class Progress {
 public:
  explicit Progress(const std::string& origin) {
    if (shown_) std::fprintf(stderr, "Downloading data from %s\n", origin.c_str());
  }
  ~Progress() {
    if (shown_) std::fputc('\n', stderr);
  }
  static int update(void* self, curl_off_t total, curl_off_t now, curl_off_t, curl_off_t) {
    static_cast<Progress*>(self)->draw(total, now);
    return 0;
  }

 private:
  void draw(int64_t total, int64_t now) {
    constexpr int kWidth = 20;
    if (!shown_ || total <= 0) return;
    const auto done = static_cast<int>(kWidth * now / total);
    if (std::exchange(percent_, 100 * now / total) == percent_) return;
    std::string bar = fmt::format("\r{:>{}}/{} \033[32m", now, std::to_string(total).size(), total);
    for (int i = 0; i < kWidth; ++i) bar += i == done ? "\033[37m━" : "━";
    std::fprintf(stderr, "%s\033[0m %2d%%", bar.c_str(), static_cast<int>(percent_));
  }

  bool shown_ = isatty(STDERR_FILENO) == 1;
  int64_t percent_ = -1;
};

std::vector<std::byte> downloaded(const std::string& origin, const GetFileArgs& args) {
  std::vector<std::byte> bytes;
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> handle(curl_easy_init(), curl_easy_cleanup);
  if (!handle) throw FileError("no transfer could be begun");
  Progress progress(origin);
  CURL* curl = handle.get();
  curl_easy_setopt(curl, CURLOPT_URL, origin.c_str());
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, static_cast<long>(args.connect_timeout));
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1000L);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, static_cast<long>(args.stall_timeout));
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, Progress::update);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &progress);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, append);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &bytes);
  const CURLcode code = curl_easy_perform(curl);
  if (code != CURLE_OK) throw error<FileError>("{} cannot be downloaded: {}", origin, curl_easy_strerror(code));
  return bytes;
}

}  // namespace

PYTHON_NAMES("keras.utils.get_file");
std::string get_file(const std::string& name, const std::string& origin, GetFileArgs args) {
  const std::filesystem::path folder = std::filesystem::path(keras_home()) / args.cache_subdir, path = folder / name;
  auto is_expected = [&](std::span<const std::byte> bytes) { return args.sha256.empty() || io::sha256_of(bytes) == args.sha256; };
  std::error_code failure;
  if (std::filesystem::exists(path, failure) && is_expected(io::map_file(path.string()).span())) return path.string();
  std::filesystem::create_directories(folder, failure);
  if (failure) throw error<FileError>("the folder '{}' cannot be made: {}", folder.string(), failure.message());
  io::write_file_atomically(path.string(),
                            [&](io::AtomicFile& file) {  // opened first: no download for a folder that cannot be written to
                              const auto bytes = downloaded(origin, args);
                              if (!is_expected(bytes))
                                throw error<FileError>("what {} gave is not the file expected (its SHA-256 differs)", origin);
                              file.write(bytes);
                            });
  return path.string();
}

}  // namespace cornu::keras::utils
