#include "cornu/keras/trainers/step_runs.h"

#include <algorithm>

namespace cornu::keras {

// A step that fails keeps its own program from writing: another one begins when it is known that none has failed.
void StepRuns::start(StepPtr step, const HostBatch& batch) {
  const bool is_another = !under_way_.empty() && under_way_.back().step != step;
  while (!under_way_.empty() && (is_another || under_way_.size() == exec::Run::kMost)) end_first();
  Started& started = under_way_.emplace_back(Started{std::move(step), {}, {}});
  started.values.resize(started.step->log_names.size());
  std::vector<void*> addresses;
  for (float& value : started.values) addresses.push_back(&value);
  started.run = started.step->executable->start(batch.arrays, addresses);
  while (!under_way_.empty() && under_way_.front().run.is_over()) end_first();
}

void StepRuns::end_first() {
  Started first = std::move(under_way_.front());
  under_way_.pop_front();
  first.run.wait();
  last_ = std::move(first);
}

StepPtr StepRuns::step() const { return !under_way_.empty() ? under_way_.back().step : last_ ? last_->step : nullptr; }

LogValues StepRuns::logs_of_last() const {
  LogValues out;
  if (!last_) return out;
  for (std::size_t i = 0; i < last_->values.size(); ++i) out.emplace_back(last_->step->log_names[i], last_->values[i]);
  std::sort(out.begin(), out.end());
  return out;
}

LogValues StepRuns::logs() {
  while (!under_way_.empty()) end_first();
  return logs_of_last();
}

LogValues StepRuns::logs_so_far() {
  while (!under_way_.empty() && (!last_ || under_way_.front().run.is_over())) end_first();
  return logs_of_last();
}

void StepRuns::clear() {
  under_way_.clear();
  last_.reset();
}

}  // namespace cornu::keras
