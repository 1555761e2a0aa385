#include "cornu/keras/trainers/data_adapters/arrays.h"

#include <algorithm>
#include <cstring>

#include "cornu/exec/eager.h"
#include "cornu/ir/leaf.h"

namespace cornu::keras {

std::shared_ptr<devices::Array> memory_of(const Tensor& tensor) {
  tensor.data();
  return exec::array_of(tensor.value());
}

Tensor joined(const std::vector<std::shared_ptr<devices::Array>>& parts) {
  if (parts.size() == 1) return Tensor(ir::data(parts[0]->spec(), parts[0]));
  ir::Spec spec = parts[0]->spec();
  int64_t rows = 0;
  for (const auto& part : parts) {
    const auto &first = spec.shape.dims(), &dims = part->spec().shape.dims();
    if (dims.empty() || first.empty() || !std::equal(first.begin() + 1, first.end(), dims.begin() + 1, dims.end()))
      throw error<ValueError>(
          "The outputs of all batches must have the same shape after the first dim, to be joined along it. Received: "
          "shapes {} and {}.",
          to_string(spec.shape), to_string(part->spec().shape));
    rows += dims[0];
  }
  spec.shape[0] = rows;
  auto all = devices::Array::allocate(spec);
  std::size_t at = 0;
  for (const auto& part : parts) {
    std::memcpy(all->bytes() + at, part->bytes(), part->size_bytes());
    at += part->size_bytes();
  }
  return Tensor(ir::data(spec, std::move(all)));
}

}  // namespace cornu::keras
