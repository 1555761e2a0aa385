#include "cornu/keras/utils/get_file.h"

#include <curl/curl.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <vector>

#include "cornu/base/environment.h"
#include "cornu/base/errors.h"
#include "cornu/io/file.h"

namespace cornu::keras::utils {
namespace {

std::string sha256_of(std::span<const std::byte> bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest, &size, EVP_sha256(), nullptr);
  std::string out;
  for (unsigned int i = 0; i < size; ++i) out += fmt::format("{:02x}", digest[i]);
  return out;
}

std::size_t append(char* data, std::size_t size, std::size_t count, void* to) {
  auto& bytes = *static_cast<std::vector<std::byte>*>(to);
  const auto* first = reinterpret_cast<const std::byte*>(data);
  bytes.insert(bytes.end(), first, first + size * count);
  return size * count;
}

int show_progress(void*, curl_off_t total, curl_off_t now, curl_off_t, curl_off_t) {
  if (total > 0 && isatty(STDERR_FILENO)) std::fprintf(stderr, "\r%3d%% of %.1f MB", int(now * 100 / total), double(total) / 1e6);
  return 0;
}

std::vector<std::byte> downloaded(const std::string& origin, int connect_timeout) {
  std::vector<std::byte> bytes;
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> handle(curl_easy_init(), curl_easy_cleanup);
  if (!handle) throw FileError("no transfer could be begun");
  CURL* curl = handle.get();
  curl_easy_setopt(curl, CURLOPT_URL, origin.c_str());
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, static_cast<long>(connect_timeout));
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1000L);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, 20L);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, show_progress);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, append);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &bytes);
  const CURLcode code = curl_easy_perform(curl);
  if (code != CURLE_OK) throw FileError(curl_easy_strerror(code));
  return bytes;
}

}  // namespace

std::string get_file(const std::string& name, const std::string& origin, GetFileArgs args) {
  const std::filesystem::path folder = std::filesystem::path(keras_home()) / args.cache_subdir, path = folder / name;
  auto is_expected = [&](std::span<const std::byte> bytes) { return args.sha256.empty() || sha256_of(bytes) == args.sha256; };
  if (std::filesystem::exists(path)) {
    if (is_expected(io::map_file(path.string()).span())) return path.string();
    throw error<FileError>("'{}' is not the file expected (its SHA-256 differs). Remove it to download it anew.", path.string());
  }
  const auto bytes = downloaded(origin, args.connect_timeout);
  if (!is_expected(bytes)) throw error<FileError>("what {} gave is not the file expected (its SHA-256 differs)", origin);
  std::filesystem::create_directories(folder);
  io::write_file_atomically(path.string(), bytes);
  return path.string();
}

}  // namespace cornu::keras::utils
