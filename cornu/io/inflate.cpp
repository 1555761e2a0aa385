#include "cornu/io/inflate.h"

#include <zlib.h>

#include <algorithm>
#include <limits>
#include <vector>

namespace cornu::io {
namespace {

constexpr int kGzipWindow = 15 + 16, kZlibWindow = 15, kRawWindow = -15;

// zlib counts in 32 bits; this feeds it spans of any size.
class Inflater {
 public:
  explicit Inflater(int window) {
    if (::inflateInit2(&stream_, window) != Z_OK) throw std::bad_alloc();
  }
  ~Inflater() { ::inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  // Moves both spans past what was used; true at the end of the stream. `failed()` tells of damage.
  bool run(std::span<const std::byte>& from, std::span<std::byte>& to) {
    for (;;) {
      const uInt in = clamp(from.size()), out = clamp(to.size());
      stream_.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(from.data()));
      stream_.next_out = reinterpret_cast<Bytef*>(to.data());
      stream_.avail_in = in;
      stream_.avail_out = out;
      const int status = ::inflate(&stream_, Z_NO_FLUSH);
      from = from.subspan(in - stream_.avail_in);
      to = to.subspan(out - stream_.avail_out);
      if (status == Z_STREAM_END) return true;
      failed_ = status != Z_OK && status != Z_BUF_ERROR;
      const bool moved = stream_.avail_in != in || stream_.avail_out != out;
      if (failed_ || !moved || to.empty()) return false;
    }
  }
  bool failed() const { return failed_; }
  void next_member() { ::inflateReset(&stream_); }

 private:
  static uInt clamp(size_t size) { return static_cast<uInt>(std::min<size_t>(size, std::numeric_limits<uInt>::max())); }
  z_stream stream_{};
  bool failed_ = false;
};

bool inflate_exactly(int window, std::span<const std::byte> from, std::span<std::byte> to) {
  Inflater inflater(window);
  std::byte spare[1];  // zlib wants room even for an empty result
  std::span<std::byte> rest = to, extra = spare;
  if (!rest.empty() && inflater.run(from, rest)) return rest.empty();
  if (inflater.failed() || !rest.empty()) return false;
  return inflater.run(from, extra) && extra.size() == 1;  // the end mark, and not a byte more
}

}  // namespace

bool is_gzip(std::span<const std::byte> bytes) {
  return bytes.size() >= 2 && bytes[0] == std::byte{0x1f} && bytes[1] == std::byte{0x8b};
}

FileBytes gunzip(const FileBytes& compressed, size_t limit) {
  auto from = compressed.span();
  if (!is_gzip(from)) throw file_error(compressed.name, "it is not a gzip file");
  limit = std::min<size_t>(limit, largest_inflated(from.size()));
  // The last four bytes hold the size of the last member: nearly always the whole, and only a first guess.
  const size_t guess = from.size() < 8 ? 0 : load<uint32_t>(&from[from.size() - 4], std::endian::little);
  auto all = std::make_shared<std::vector<std::byte>>(std::clamp<size_t>(guess, 1, std::min(limit, from.size() * 64)));
  size_t used = 0;
  Inflater inflater(kGzipWindow);
  for (;;) {
    std::span<std::byte> to = std::span(*all).subspan(used);
    const bool ended = inflater.run(from, to);
    used = all->size() - to.size();
    if (ended && !is_gzip(from)) break;  // zeros may pad the last member
    if (ended) {
      inflater.next_member();
    } else if (inflater.failed()) {
      throw file_error(compressed.name, "its gzip data are damaged");
    } else if (!to.empty()) {
      throw file_error(compressed.name, "its gzip data end too early");
    }
    if (used < all->size()) continue;
    if (all->size() >= limit) {
      // Full to the limit: only the end of the stream may follow.
      std::byte spare[1];
      std::span<std::byte> extra = spare;
      if (inflater.run(from, extra) && extra.size() == 1 && !is_gzip(from)) break;
      throw file_error(compressed.name, "it inflates to more than {} bytes", limit);
    }
    all->resize(std::min(limit, all->size() * 2));
  }
  all->resize(used);
  return {compressed.name, {all, all->data()}, used};
}

bool inflate_zlib(std::span<const std::byte> from, std::span<std::byte> to) { return inflate_exactly(kZlibWindow, from, to); }

bool inflate_raw(std::span<const std::byte> from, std::span<std::byte> to) { return inflate_exactly(kRawWindow, from, to); }

}  // namespace cornu::io
