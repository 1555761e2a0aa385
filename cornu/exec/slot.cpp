#include "cornu/exec/slot.h"

#include <cstring>

#include "cornu/device/context.h"
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

// A run on a device may come between.
std::shared_ptr<devices::Array> Slot::snapshot() {
  std::unique_lock<std::mutex> lock;
  do {
    if (lock) lock.unlock();
    bring_home();
    lock = std::unique_lock(mutex_);
  } while (newest_.load(std::memory_order_relaxed));
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

// Both sides of a write: who reads between them (which nobody may) does not keep what it read. Snapshots were brought home as they
// were taken.
void Slot::about_to_be_written() {
  was_written();
  const std::lock_guard lock(mutex_);
  move_snapshots();
  newest_.store(nullptr, std::memory_order_release);
}

void Slot::about_to_be_written_there() {
  const std::lock_guard lock(mutex_);
  if (!snapshot_.expired()) move_snapshots();  // it was brought home when it was taken
}

void Slot::move_snapshots() {
  auto living = snapshot_.lock();
  if (!living) return;
  auto copy = devices::allocate_memory(storage_->size_bytes());
  std::memcpy(copy.get(), storage_->bytes(), storage_->size_bytes());
  living->move_to(std::move(copy));
  snapshot_.reset();
}

// --- on devices ---

// Whoever holds both holds the runtime first.
void Slot::copy_home() const {
  devices::Device* device = newest_.load(std::memory_order_acquire);
  if (!device) return;
  const auto held = device->runtime()->hold();
  const std::lock_guard lock(mutex_);
  if (newest_.load(std::memory_order_relaxed) != device) return;
  for (const auto& copy : copies_)
    if (copy->device == device) device->runtime()->copy_out(storage_->bytes(), copy->piece.address(), storage_->size_bytes());
  newest_.store(nullptr, std::memory_order_release);
}

Slot::Copy& Slot::copy_on(devices::Device& device) {
  for (const auto& copy : copies_)
    if (copy->device == &device) return *copy;
  auto piece = device.runtime()->memory().allocate(std::max<std::size_t>(storage_->size_bytes(), 1), "variables");
  return *copies_.emplace_back(new Copy{&device, std::move(piece), 0});
}

uintptr_t Slot::on(devices::Device& device) {
  const std::lock_guard lock(mutex_);
  if (is_newest_elsewhere(device)) return 0;
  Copy& copy = copy_on(device);
  if (copy.version != version()) device.runtime()->copy_in(copy.piece.address(), storage_->bytes(), storage_->size_bytes());
  copy.version = version();
  return copy.piece.address();
}

void Slot::was_written_on(devices::Device& device) {
  const std::lock_guard lock(mutex_);
  was_written();
  copy_on(device).version = version();
  newest_.store(&device, std::memory_order_release);
}

}  // namespace cornu::exec
