#include "cornu/io/elements.h"

#include <algorithm>

namespace cornu::io {
namespace {

bool is_aligned(const std::byte* p, int element_size) {
  return reinterpret_cast<uintptr_t>(p) % static_cast<uintptr_t>(element_size) == 0;
}

bool are_bools(std::span<const std::byte> bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b <= std::byte{1}; });
}

// The source advances along the result's last axis by `stride`; the other axes are walked by an odometer.
template <class T>
void transpose(T* to, const T* from, const std::vector<int64_t>& dims) {
  const size_t rank = dims.size();
  std::vector<int64_t> strides(rank), index(rank, 0);
  int64_t step = 1;
  for (size_t axis = 0; axis < rank; ++axis) strides[axis] = std::exchange(step, step * dims[axis]);
  const int64_t row = dims[rank - 1], stride = strides[rank - 1];
  for (int64_t done = 0, at = 0; done < step; done += row) {
    for (int64_t i = 0; i < row; ++i) *to++ = from[at + i * stride];
    for (size_t axis = rank - 1; axis-- > 0;) {
      at += strides[axis];
      if (++index[axis] < dims[axis]) break;
      at -= strides[axis] * std::exchange(index[axis], 0);
    }
  }
}

}  // namespace

std::optional<uint64_t> byte_size(std::span<const int64_t> dims, int element_size) {
  // As Shape::elements counts: zeros as ones, so that strides of an empty array do not overflow either.
  int64_t total = element_size;
  bool empty = false;
  for (int64_t dim : dims) {
    if (dim < 0) return std::nullopt;
    empty |= dim == 0;
    if (__builtin_mul_overflow(total, std::max<int64_t>(dim, 1), &total) || total > Shape::kMostElements) return std::nullopt;
  }
  return empty ? 0 : static_cast<uint64_t>(total);
}

HostArray array_from(const FileBytes& file, size_t offset, DType dtype, Shape shape, bool swapped) {
  const std::byte* from = file.data.get() + offset;
  const size_t bytes = *byte_size(shape.dims(), dtype.size());
  CORNU_CHECK(offset <= file.size && bytes <= file.size - offset);
  const bool copied = swapped || !is_aligned(from, dtype.size()) || (dtype == bool_ && !are_bools({from, bytes}));
  if (!copied && bytes > 0) return {dtype, std::move(shape), {file.data, from}};
  auto data = allocate_host(bytes);
  if (swapped) copy_swapped(data.get(), from, bytes / static_cast<size_t>(dtype.size()), dtype.size());
  else if (bytes > 0) std::memcpy(data.get(), from, bytes);
  if (dtype == bool_) normalize_bools({data.get(), bytes});
  return {dtype, std::move(shape), std::move(data)};
}

HostArray from_fortran_order(const HostArray& array) {
  if (array.shape.rank() < 2 || array.bytes() == 0) return array;
  auto data = allocate_host(array.bytes());
  dispatch(array.dtype,
           [&]<class T>(T) { transpose(reinterpret_cast<T*>(data.get()), array.values<T>().data(), array.shape.dims()); });
  return {array.dtype, array.shape, std::move(data)};
}

void normalize_bools(std::span<std::byte> bytes) {
  for (std::byte& b : bytes) b = std::byte{b != std::byte{0}};
}

}  // namespace cornu::io
