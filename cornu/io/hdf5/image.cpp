#include "cornu/io/hdf5/image.h"

namespace cornu::io::hdf5 {

Cursor Image::at(uint64_t address, const char* what) const {
  const uint64_t room = file.size - base;
  if (address >= room) throw damaged("{} lies after the end of the file", what);
  return {*this, file.span().subspan(base + address), what};
}

Cursor Image::at(uint64_t address, uint64_t size, const char* what) const { return at(address, what).part(size); }

std::span<const std::byte> Cursor::take(uint64_t count) {
  if (count > rest_.size()) throw image_->damaged("{} is cut off", what_);
  const auto taken = rest_.first(count);
  rest_ = rest_.subspan(count);
  return taken;
}

uint64_t Cursor::number(int width) {
  uint64_t value = 0;
  const auto bytes = take(static_cast<uint64_t>(width));
  for (int i = width; i-- > 0;) value = value << 8 | static_cast<uint64_t>(bytes[static_cast<size_t>(i)]);
  return value;
}

uint64_t Cursor::address() {
  const int width = image_->address_width;
  const uint64_t value = number(width), nothing = kUndefined >> (64 - 8 * width);
  return value == nothing ? kUndefined : value;
}

std::string_view Cursor::text_until_nul() {
  const std::string_view text(reinterpret_cast<const char*>(rest_.data()), rest_.size());
  const size_t size = text.find('\0');
  if (size == text.npos) throw image_->damaged("a name in {} does not end", what_);
  skip(size + 1);
  return text.substr(0, size);
}

void Cursor::expect(std::string_view signature) {
  const auto bytes = take(signature.size());
  if (std::memcmp(bytes.data(), signature.data(), signature.size()) != 0)
    throw image_->damaged("{} does not begin with '{}'", what_, signature);
}

}  // namespace cornu::io::hdf5
