#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <span>

#include "cornu/base/api.h"
#include "cornu/base/dtype.h"
#include "cornu/base/errors.h"
#include "cornu/base/shape.h"

namespace cornu::io {

// Immutable numbers in host memory, row-major and in this machine's byte order. `data` may alias a mapped file or an
// archive member, which it keeps alive. It is aligned to its elements, so values<T>() is always allowed.
struct CORNU_API HostArray {
  DType dtype;
  Shape shape;
  std::shared_ptr<const std::byte> data;

  size_t bytes() const { return static_cast<size_t>(shape.elements()) * static_cast<size_t>(dtype.size()); }
  std::span<const std::byte> as_bytes() const { return {data.get(), bytes()}; }

  template <class T>
  std::span<const T> values() const {
    CORNU_CHECK(dtype == dtype_of<T>, "values<{}> of an array of {}.", dtype_of<T>.name(), dtype.name());
    return {reinterpret_cast<const T*>(data.get()), static_cast<size_t>(shape.elements())};
  }
};

// Memory to fill, uninitialised, aligned to 64 bytes; never null.
CORNU_API std::shared_ptr<std::byte> allocate_host(size_t bytes);

// A copy of `values`; ValueError if their number is not the shape's.
template <class T>
HostArray host_array(std::span<const T> values, Shape shape) {
  if (shape.elements() != static_cast<int64_t>(values.size()))
    throw error<ValueError>("An array of shape {} has {} elements. Received: {} values.", to_string(shape), shape.elements(),
                            values.size());
  auto data = allocate_host(values.size_bytes());
  if (!values.empty()) std::memcpy(data.get(), values.data(), values.size_bytes());
  return {dtype_of<T>, std::move(shape), std::move(data)};
}

}  // namespace cornu::io
