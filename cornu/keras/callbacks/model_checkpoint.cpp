#include "cornu/keras/callbacks/model_checkpoint.h"

#include <fmt/args.h>

#include <filesystem>

#include "cornu/base/log.h"
#include "cornu/keras/models/model.h"
#include "cornu/keras/utils/io_utils.h"

namespace cornu::keras::callbacks {

ModelCheckpointImpl::ModelCheckpointImpl(std::string filepath, ModelCheckpointArgs args)
    : MonitorCallback(args.monitor, args.mode, args.initial_value_threshold),
      filepath_(std::move(filepath)),
      args_(std::move(args)),
      counter_(args_.save_freq) {
  if (args_.save_weights_only && !filepath_.ends_with(".weights.h5"))
    throw error<ValueError>(
        "When using `save_weights_only=True` in `ModelCheckpoint`, the filepath provided must end in `.weights.h5` (Keras "
        "weights "
        "format). Received: filepath={}",
        filepath_);
  if (!args_.save_weights_only && !filepath_.ends_with(".keras"))
    throw error<ValueError>("The filepath provided must end in `.keras` (Keras model format). Received: filepath={}", filepath_);
}

void ModelCheckpointImpl::on_train_batch_end(int64_t batch, const LogValues& logs) {
  if (counter_.is_due(batch)) save(batch, logs);
}
void ModelCheckpointImpl::on_epoch_end(int epoch, LogValues& logs) {
  epoch_ = epoch;
  if (args_.save_freq.is_epoch()) save({}, logs);
}

CallbackState ModelCheckpointImpl::state() const {
  CallbackState out = MonitorCallback::state();
  counter_.write_state(out.numbers);
  return out;
}
void ModelCheckpointImpl::set_state(const CallbackState& state) {
  MonitorCallback::set_state(state);
  counter_.read_state(state.numbers);
}

void ModelCheckpointImpl::say(const std::string& text) const {
  if (args_.verbose > 0) print_msg(fmt::format("\nEpoch {}: {}", epoch_ + 1, text));
}

bool ModelCheckpointImpl::should_save(const std::string& path, const LogValues& logs) {
  if (!args_.save_best_only) {
    say("saving model to " + path);
    return true;
  }
  const double* current = logs.find(monitor());
  if (!current) {
    log::warn_once("Can save best model only with {} available.", monitor());
    return true;
  }
  const std::string before = best_ ? fmt::format("{:.5f}", *best_) : "None";
  if (!is_improvement(*current, best_)) {
    say(fmt::format("{} did not improve from {}", monitor(), before));
    return false;
  }
  say(fmt::format("{} improved from {} to {:.5f}, saving model to {}", monitor(), before, *current, path));
  best_ = *current;
  return true;
}

std::string ModelCheckpointImpl::path_for(std::optional<int64_t> batch, const LogValues& logs) const {
  fmt::dynamic_format_arg_store<fmt::format_context> fields;
  std::string known = "epoch";
  auto add = [&](const std::string& name, auto value) {
    fields.push_back(fmt::arg(name.c_str(), value));
    if (name != "epoch") known += ", " + name;
  };
  add("epoch", epoch_ + 1);
  if (batch && !logs.find("batch")) add("batch", *batch + 1);
  for (const auto& [name, value] : logs) add(name, value);
  try {
    return fmt::vformat(filepath_, fields);
  } catch (const fmt::format_error& e) {
    throw error<ValueError>("Failed to format this callback filepath: \"{}\". Reason: {}. Fields: {}", filepath_, e.what(),
                            known);
  }
}

void ModelCheckpointImpl::save(std::optional<int64_t> batch, const LogValues& logs) {
  const std::string path = path_for(batch, logs);
  if (!should_save(path, logs)) return;
  if (std::filesystem::is_directory(path))
    throw error<FileError>(
        "Please specify a non-directory filepath for ModelCheckpoint. Filepath used is an existing directory: {}", path);
  if (const auto folder = std::filesystem::path(path).parent_path(); !folder.empty()) {
    std::error_code failed;
    std::filesystem::create_directories(folder, failed);
    if (failed) throw error<FileError>("ModelCheckpoint cannot make the folder '{}': {}", folder.string(), failed.message());
  }
  if (args_.save_weights_only) model().save_weights(path, {.overwrite = true});
  else model().save(path, {.overwrite = true});
  say("finished saving model to " + path);
}

std::shared_ptr<ModelCheckpointImpl> ModelCheckpoint(std::string filepath, ModelCheckpointArgs args) {
  return std::make_shared<ModelCheckpointImpl>(std::move(filepath), std::move(args));
}

}  // namespace cornu::keras::callbacks
