#pragma once

#include <map>
#include <string>
#include <variant>
#include <vector>

#include "cornu/io/hdf5/object_header.h"
#include "cornu/io/host_array.h"

namespace cornu::io {

// A note on a group or dataset: numbers, or one or more texts.
class CORNU_API Hdf5Attribute {
 public:
  struct Unreadable {
    std::string why;
  };
  using Value = std::variant<HostArray, std::vector<std::string>, Unreadable>;

  Hdf5Attribute(std::string where, Shape shape, Value value)
      : where_(std::move(where)), shape_(std::move(shape)), value_(std::move(value)) {}

  const Shape& shape() const { return shape_; }
  bool is_text() const { return std::holds_alternative<std::vector<std::string>>(value_); }
  // FileError if the attribute is of another kind.
  const std::string& text() const;                // of a single text
  const std::vector<std::string>& texts() const;  // row-major
  const HostArray& array() const;

 private:
  [[noreturn]] void is_not(const char* expected) const;

  std::string where_;
  Shape shape_;
  Value value_;
};
using Hdf5Attributes = std::map<std::string, Hdf5Attribute, std::less<>>;

namespace hdf5 {

// All attributes of an object; `path` is its name for errors.
Hdf5Attributes read_attributes(const Image& image, const ObjectHeader& header, const std::string& path);

}  // namespace hdf5
}  // namespace cornu::io
