#include "cornu/exec/slot.h"

#include <cstring>

#include "cornu/device/slab.h"

namespace cornu::exec {

namespace {

uint64_t next_version() {
  static std::atomic<uint64_t> last{0};
  return ++last;
}

}  // namespace

Slot::Slot(const ir::Spec& spec)
    : storage_(devices::Array::wrap(spec, devices::allocate_in_slab(static_cast<std::size_t>(ir::bytes_of(spec))))),
      version_(next_version()) {}

std::shared_ptr<devices::Array> Slot::snapshot() {
  const std::lock_guard lock(mutex_);
  if (auto living = snapshot_.lock()) return living;
  auto made = devices::Array::wrap(storage_->spec(), storage_->memory());
  snapshot_ = made;
  return made;
}

void Slot::was_written() { version_.store(next_version(), std::memory_order_relaxed); }

std::shared_ptr<Form> Slot::form(const std::string& key, std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  std::weak_ptr<Form>& known = forms_[key];
  auto form = known.lock();
  if (!form) known = form = std::make_shared<Form>(bytes);
  return form;
}

// Both sides of a write: who reads between them (which nobody may) does not keep what it read.
void Slot::about_to_be_written() {
  was_written();
  const std::lock_guard lock(mutex_);
  auto living = snapshot_.lock();
  if (!living) return;
  auto copy = devices::allocate_memory(storage_->size_bytes());
  std::memcpy(copy.get(), storage_->bytes(), storage_->size_bytes());
  living->move_to(std::move(copy));
  snapshot_.reset();
}

}  // namespace cornu::exec
