#include "cornu/keras/callbacks/backup_and_restore.h"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "cornu/io/file.h"
#include "cornu/keras/trainers/training_state.h"

namespace cornu::keras::callbacks {
namespace {

namespace fs = std::filesystem;

constexpr const char *kWeights = "latest.weights.h5", *kMetadata = "training_metadata.json", *kPrevious = ".bkp";

void copy_if_there(const std::string& from, const std::string& to) {
  if (fs::exists(from)) io::write_file_atomically(to, io::map_file(from).span());
}

// Of a backup that Keras wrote; 0 without such a file.
int64_t epoch_of(const std::string& metadata_path) {
  if (!fs::exists(metadata_path)) return 0;
  const io::FileBytes file = io::map_file(metadata_path);
  const auto text = reinterpret_cast<const char*>(file.data.get());
  const Json json = Json::parse(text, text + file.size, nullptr, false);
  if (!json.is_object() || !json.contains("epoch") || !json["epoch"].is_number_unsigned())
    throw error<FileError>("Cannot read '{}': expected a JSON object with \"epoch\" and \"batch\".", metadata_path);
  return json["epoch"].get<int64_t>();
}

}  // namespace

BackupAndRestoreImpl::BackupAndRestoreImpl(std::string backup_dir, BackupAndRestoreArgs args)
    : backup_dir_(std::move(backup_dir)), args_(std::move(args)), counter_(args_.save_freq) {
  if (backup_dir_.empty()) throw ValueError("Empty `backup_dir` argument passed");
  weights_path_ = fs::path(backup_dir_) / kWeights;
  metadata_path_ = fs::path(backup_dir_) / kMetadata;
}

void BackupAndRestoreImpl::on_train_begin() {
  if (!model().built())
    throw error<ValueError>(
        "To use the BackupAndRestore callback, your model must be built before you call `fit()`. Model '{}' is unbuilt. You can "
        "build it beforehand by giving its first layer an `input_shape`, or by calling it on a batch of data.",
        model().name());
  due_ = false;
  remove_files(true);
  if (!fs::exists(weights_path_)) return;
  try {
    restore();
  } catch (const FileError& e) {
    if (!fs::exists(weights_path_ + kPrevious))
      throw error<FileError>("{} It is the backup of a fit: remove the folder '{}' to begin anew.", e.what(), backup_dir_);
    copy_if_there(weights_path_ + kPrevious, weights_path_);
    copy_if_there(metadata_path_ + kPrevious, metadata_path_);
    restore();
  }
}

void BackupAndRestoreImpl::restore() {
  const auto file = io::Hdf5File::open(weights_path_);
  TrainingPosition position = model()->trainer().position();
  if (auto saved = training_position(file)) position = *saved;
  else position.epoch = epoch_of(metadata_path_);
  model()->trainer().go_on(position, [model = model(), path = weights_path_, file] { read_training_state(model, path, file); });
}

// A backup at the last batch of an epoch waits for what the epoch's end does.
void BackupAndRestoreImpl::on_train_batch_end(int64_t batch, const LogValues&) {
  if (!counter_.is_due(batch)) return;
  if (model()->trainer().epoch_is_over()) due_ = true;
  else save();
}

void BackupAndRestoreImpl::on_epoch_end(int, LogValues&) {
  if (args_.save_freq.is_epoch() || std::exchange(due_, false)) save();
}

void BackupAndRestoreImpl::save() {
  std::error_code failed;
  fs::create_directories(backup_dir_, failed);
  if (failed) throw error<FileError>("BackupAndRestore cannot make the folder '{}': {}", backup_dir_, failed.message());
  if (args_.double_checkpoint)
    for (const std::string& path : {weights_path_, metadata_path_}) copy_if_there(path, path + kPrevious);
  io::write_file_atomically(weights_path_, write_training_state(model()).span());
  const TrainingPosition at = model()->trainer().position();
  const std::string metadata = Json{{"epoch", at.epoch}, {"batch", at.in_epoch ? at.data.of_epoch - 1 : 0}}.dump();
  io::write_file_atomically(metadata_path_, std::as_bytes(std::span(metadata)));
}

void BackupAndRestoreImpl::on_train_end(const LogValues&) {
  if (args_.delete_checkpoint) remove_files(false);
}

// Nothing but the callback's own files, and the folder if nothing else is in it. A process that was killed leaves temporaries.
void BackupAndRestoreImpl::remove_files(bool temporaries_only) const {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(backup_dir_, ignored)) {
    const std::string name = entry.path().filename();
    const bool own = name.starts_with(kWeights) || name.starts_with(kMetadata);
    if (own && (!temporaries_only || name.ends_with(".tmp"))) fs::remove(entry.path(), ignored);
  }
  if (!temporaries_only) fs::remove(backup_dir_, ignored);
}

CallbackState BackupAndRestoreImpl::state() const {
  CallbackState out;
  counter_.write_state(out.numbers);
  return out;
}

std::shared_ptr<BackupAndRestoreImpl> BackupAndRestore(std::string backup_dir, BackupAndRestoreArgs args) {
  return std::make_shared<BackupAndRestoreImpl>(std::move(backup_dir), std::move(args));
}

}  // namespace cornu::keras::callbacks
