#include "cornu/keras/callbacks/callback.h"

#include <algorithm>

#include "cornu/keras/callbacks/backup_and_restore.h"
#include "cornu/keras/callbacks/callback_list.h"
#include "cornu/keras/callbacks/history.h"
#include "cornu/keras/callbacks/progbar_logger.h"
#include "cornu/keras/models/model.h"

namespace cornu::keras {
namespace {

template <class C>
bool is(const std::shared_ptr<Callback>& callback) {
  return dynamic_cast<const C*>(callback.get()) != nullptr;
}

template <class Values>
[[noreturn]] void refuse(const std::string& name, const Values& values) {
  std::string known;
  for (const auto& [key, value] : values) known += (known.empty() ? "" : ", ") + key;
  throw error<ValueError>("No value '{}'. Known: {}", name, known);
}

}  // namespace

const double* LogValues::find(const std::string& name) const {
  for (const auto& [key, value] : *this)
    if (key == name) return &value;
  return nullptr;
}
double LogValues::operator[](const std::string& name) const {
  if (const double* value = find(name)) return *value;
  refuse(name, *this);
}
void LogValues::set(const std::string& name, double value) {
  for (auto& [key, old] : *this)
    if (key == name) {
      old = value;
      return;
    }
  emplace_back(name, value);
}
std::vector<std::string> LogValues::names() const {
  std::vector<std::string> out;
  for (const auto& [key, value] : *this) out.push_back(key);
  return out;
}

const std::vector<double>& HistoryValues::operator[](const std::string& name) const {
  for (const auto& [key, values] : *this)
    if (key == name) return values;
  refuse(name, *this);
}
void HistoryValues::add(const std::string& name, double value) {
  for (auto& [key, values] : *this)
    if (key == name) return values.push_back(value);
  push_back({name, {value}});
}

void Callback::set_model(const Model& model) { model_ = model.impl(); }
Model Callback::model() const { return Model(std::static_pointer_cast<ModelImpl>(model_.lock())); }
OptimizerImpl& Callback::optimizer() const {
  const Optimizer optimizer = model().optimizer();
  if (!optimizer) throw ValueError("This callback needs the model's optimizer. Received: a model compiled with optimizer=None");
  return *optimizer.impl();
}

CallbackList::CallbackList(const Model& model, Callbacks callbacks, int64_t epochs, int64_t steps, int verbose)
    : callbacks_(std::move(callbacks)) {
  std::stable_partition(callbacks_.begin(), callbacks_.end(), [](auto& c) { return !is<callbacks::BackupAndRestoreImpl>(c); });
  if (verbose > 0 && std::none_of(callbacks_.begin(), callbacks_.end(), is<callbacks::ProgbarLogger>))
    callbacks_.push_back(std::make_shared<callbacks::ProgbarLogger>());
  for (auto& callback : callbacks_) {
    callback->set_model(model);
    callback->set_params(epochs, steps, verbose);
    wants_batches_ |= callback->wants_batches();
    wants_logs_at_once_ |= callback->wants_logs_at_once();
  }
}

}  // namespace cornu::keras
