#include "cornu/keras/trainers/step_runs.h"

#include <algorithm>

namespace cornu::keras {

void StepRuns::start(StepPtr step, const HostBatch& batch) {
  if (under_way_.size() == exec::Run::kMost) end_first();
  step_ = step;
  Started& started = under_way_.emplace_back(Started{std::move(step), {}, {}});
  started.values.resize(step_->log_names.size());
  std::vector<void*> addresses;
  for (float& value : started.values) addresses.push_back(&value);
  started.run = step_->executable->start(batch.arrays, addresses);
}

void StepRuns::end_first() {
  Started first = std::move(under_way_.front());
  under_way_.pop_front();
  first.run.wait();
  logs_.clear();
  for (std::size_t i = 0; i < first.values.size(); ++i) logs_.emplace_back(first.step->log_names[i], first.values[i]);
  std::sort(logs_.begin(), logs_.end());
}

LogValues StepRuns::logs() {
  while (!under_way_.empty()) end_first();
  return logs_;
}

LogValues StepRuns::logs_so_far() {
  while (!under_way_.empty() && (logs_.empty() || under_way_.front().run.is_over())) end_first();
  return logs_;
}

void StepRuns::clear() {
  under_way_.clear();
  logs_.clear();
  step_ = nullptr;
}

}  // namespace cornu::keras
