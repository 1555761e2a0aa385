#include "cornu/io/npy_header.h"

#include <charconv>
#include <string_view>

namespace cornu::io {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kMagic = "\x93NUMPY"sv;

// Reads the one form of Python text that NumPy writes: {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }
class DictReader {
 public:
  DictReader(std::string_view text, const std::string& name) : rest_(text), name_(name) {}

  NpyHeader read() {
    NpyHeader header;
    bool descr = false, order = false, shape = false;
    expect('{');
    while (!take('}')) {
      const std::string key = quoted();
      expect(':');
      if (key == "descr") {
        if (peek() == '[') throw file_error(name_, "structured arrays are not supported, only plain numbers");
        header.descr = quoted();
        descr = true;
      } else if (key == "fortran_order") {
        header.fortran_order = boolean();
        order = true;
      } else if (key == "shape") {
        header.shape = tuple();
        shape = true;
      } else {
        throw file_error(name_, "its .npy header has an unknown key '{}'", key.substr(0, 40));
      }
      if (!take(',') && peek() != '}') fail();
    }
    if (!descr || !order || !shape) fail();
    return header;
  }

 private:
  [[noreturn]] void fail() const { throw file_error(name_, "its .npy header is damaged"); }
  char peek() {
    while (!rest_.empty() && (rest_[0] == ' ' || rest_[0] == '\n')) rest_.remove_prefix(1);
    return rest_.empty() ? '\0' : rest_[0];
  }
  bool take(char c) {
    if (peek() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void expect(char c) {
    if (!take(c)) fail();
  }
  std::string quoted() {
    const char quote = peek();
    if (quote != '\'' && quote != '"') fail();
    const size_t end = rest_.find(quote, 1);
    if (end == std::string_view::npos) fail();
    std::string text(rest_.substr(1, end - 1));
    rest_.remove_prefix(end + 1);
    return text;
  }
  bool boolean() {
    for (const auto& [word, value] : {std::pair{"True"sv, true}, std::pair{"False"sv, false}}) {
      if (peek() != word[0] || !rest_.starts_with(word)) continue;
      rest_.remove_prefix(word.size());
      return value;
    }
    fail();
  }
  std::vector<int64_t> tuple() {
    std::vector<int64_t> dims;
    expect('(');
    while (!take(')')) {
      if (dims.size() == 64) fail();
      peek();
      int64_t dim = 0;
      const auto [end, bad] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), dim);
      if (bad != std::errc()) fail();
      if (dim < 0) throw file_error(name_, "its .npy header declares a shape with the dim {}; dims are not negative", dim);
      rest_.remove_prefix(static_cast<size_t>(end - rest_.data()));
      dims.push_back(dim);
      if (!take(',') && peek() != ')') fail();
    }
    return dims;
  }

  std::string_view rest_;
  const std::string& name_;
};

}  // namespace

NpyHeader parse_npy_header(const FileBytes& file) {
  const std::string_view text(reinterpret_cast<const char*>(file.data.get()), file.size);
  if (!text.starts_with(kMagic) || text.size() < 10) throw file_error(file.name, "it is not a .npy file");
  const int version = text[6];
  if (version < 1 || version > 3) throw file_error(file.name, "its .npy version is {}; known are 1, 2 and 3", version);
  const size_t prefix = version == 1 ? 10 : 12;
  if (text.size() < prefix) throw file_error(file.name, "its .npy header is cut off");
  const size_t length = version == 1 ? load<uint16_t>(&file.data.get()[8], std::endian::little)
                                     : load<uint32_t>(&file.data.get()[8], std::endian::little);
  if (length > text.size() - prefix) throw file_error(file.name, "its .npy header is cut off");
  NpyHeader header = DictReader(text.substr(prefix, length), file.name).read();
  header.data_offset = prefix + length;
  return header;
}

std::optional<NpyType> npy_type(const std::string& descr) {
  if (descr.size() < 3) return std::nullopt;
  for (DType dtype : all_dtypes()) {
    if (npy_descr(dtype).substr(1) != descr.substr(1)) continue;
    constexpr char kOther = std::endian::native == std::endian::little ? '>' : '<';
    if ("<>|="sv.find(descr[0]) == std::string_view::npos) return std::nullopt;
    return NpyType{dtype, descr[0] == kOther && dtype.size() > 1};
  }
  return std::nullopt;
}

std::string npy_descr(DType dtype) {
  const char order = dtype.size() == 1 ? '|' : std::endian::native == std::endian::little ? '<' : '>';
  char kind = 'f';
  if (dtype == bfloat16) kind = 'V';
  if (dtype.kind() == DTypeKind::boolean) kind = 'b';
  if (dtype.kind() == DTypeKind::signed_integer) kind = 'i';
  if (dtype.kind() == DTypeKind::unsigned_integer) kind = 'u';
  return fmt::format("{}{}{}", order, kind, dtype.size());
}

}  // namespace cornu::io
