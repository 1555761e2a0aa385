#include "cornu/plan/device_run.h"

#include <cstring>

#include "cornu/base/timeline.h"
#include "cornu/ir/card_status.h"

namespace cornu::plan {

DeviceRun::DeviceRun(std::shared_ptr<const Program> program, std::shared_ptr<const Exchange> exchange,
                     std::shared_ptr<ExchangeBuffer> buffer, std::span<void* const> results,
                     std::shared_ptr<std::atomic<bool>> failure_is_seen)
    : program_(std::move(program)),
      exchange_(std::move(exchange)),
      buffer_(std::move(buffer)),
      results_(results.begin(), results.end()),
      failure_is_seen_(std::move(failure_is_seen)) {}

const ir::StatusWord& DeviceRun::seen_status() const {
  if (status_.is_set()) failure_is_seen_->store(true);
  return status_;
}

bool DeviceRun::is_over() {
  const std::lock_guard lock(mutex_);
  return is_over_ || buffer_->mark->has_passed();
}

void DeviceRun::finish() {
  const std::lock_guard lock(mutex_);
  if (is_over_) return;
  const timeline::Span span(timeline::watched(), "wait", [&] { return "results of " + program_->name; });
  buffer_->mark->wait();
  for (std::size_t i = 0; i < results_.size(); ++i)
    std::memcpy(results_[i], buffer_->bytes() + exchange_->results[i], size_of(program_->results[i]));
  if (program_->may_set_status) {
    ir::CardStatus found;
    std::memcpy(&found, buffer_->bytes() + exchange_->status, sizeof found);
    if (found.code != ir::StatusWord::ok)
      status_.set(static_cast<ir::StatusWord::Code>(found.code), ir::checker_of(found.checker), found.value, found.limit);
  }
  is_over_ = true;
}

}  // namespace cornu::plan
