#pragma once

// For tests only: the files of tests/data/io and what tools/golden/io_files.py put into them.

#include <gtest/gtest.h>

#include <string>

#include "cornu/io/bytes.h"
#include "cornu/io/host_array.h"

namespace cornu::io {

inline std::string golden(const std::string& name) { return CORNU_SOURCE_DIR "/tests/data/io/" + name; }

// Element i of the array called `name` is (i * 7 + length of the name) % 50, modulo 2 again for bool.
inline void expect_golden_values(const HostArray& array, const std::string& name, DType dtype, const Shape& shape) {
  ASSERT_EQ(array.dtype, dtype) << name;
  ASSERT_EQ(array.shape, shape) << name;
  dispatch(dtype, [&]<class T>(T) {
    const auto values = array.values<T>();
    for (size_t i = 0; i < values.size(); ++i) {
      const size_t rule = (i * 7 + name.size()) % 50;
      ASSERT_EQ(static_cast<double>(values[i]), static_cast<double>(dtype == bool_ ? rule % 2 : rule)) << name << " at " << i;
    }
  });
}

// The text of the FileError that `f` throws.
template <class F>
std::string file_error_of(F&& f) {
  try {
    f();
  } catch (const FileError& error) {
    return error.what();
  }
  ADD_FAILURE() << "no FileError";
  return {};
}

inline std::string text_of(const FileBytes& file) { return {reinterpret_cast<const char*>(file.data.get()), file.size}; }
inline FileBytes bytes_of(const std::string& text, const std::string& name = "memory") {
  auto data = allocate_host(text.size());
  std::memcpy(data.get(), text.data(), text.size());
  return {name, std::move(data), text.size()};
}

}  // namespace cornu::io
