#include "cornu/exec/slot.h"

#include <cstring>

namespace cornu::exec {

std::shared_ptr<devices::Array> Slot::snapshot() {
  if (auto living = snapshot_.lock()) return living;
  auto made = devices::Array::wrap(storage_->spec(), storage_->memory());
  snapshot_ = made;
  return made;
}

void Slot::about_to_be_written() {
  ++version_;
  auto living = snapshot_.lock();
  if (!living) return;
  auto copy = devices::allocate_memory(storage_->size_bytes());
  std::memcpy(copy.get(), storage_->bytes(), storage_->size_bytes());
  living->move_to(std::move(copy));
  snapshot_.reset();
}

}  // namespace cornu::exec
