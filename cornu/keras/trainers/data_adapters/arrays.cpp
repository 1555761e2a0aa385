#include "cornu/keras/trainers/data_adapters/arrays.h"

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
  spec.shape[0] = 0;
  for (const auto& part : parts) spec.shape[0] += part->spec().shape[0];
  auto all = devices::Array::allocate(spec);
  std::size_t at = 0;
  for (const auto& part : parts) {
    std::memcpy(all->bytes() + at, part->bytes(), part->size_bytes());
    at += part->size_bytes();
  }
  return Tensor(ir::data(spec, std::move(all)));
}

}  // namespace cornu::keras
