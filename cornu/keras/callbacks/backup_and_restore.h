#pragma once

#include "cornu/keras/callbacks/save_freq.h"

namespace cornu::keras::callbacks {

struct BackupAndRestoreArgs {
  SaveFreq save_freq = "epoch";    // after each epoch, or after so many batches
  bool double_checkpoint = false;  // the backup before the last is kept too, and used if the last cannot be read
  bool delete_checkpoint = true;   // once fit has ended
};

class CORNU_API BackupAndRestoreImpl final : public Callback {
 public:
  BackupAndRestoreImpl(std::string backup_dir, BackupAndRestoreArgs args);
  void on_train_begin() override;
  void on_train_batch_end(int64_t batch, const LogValues& logs) override;
  void on_epoch_end(int epoch, LogValues& logs) override;
  void on_train_end(const LogValues& logs) override;
  bool wants_batches() const override { return !args_.save_freq.is_epoch(); }
  CallbackState state() const override;
  void set_state(const CallbackState& state) override { counter_.read_state(state.numbers); }

 private:
  void save();
  void restore();
  void remove_files(bool temporaries_only) const;

  std::string backup_dir_, weights_path_, metadata_path_;
  BackupAndRestoreArgs args_;
  SaveCounter counter_;
  bool due_ = false;  // at the end of the epoch
};

// Backs up a fit in a folder of its own; a fit that was cut off, by `kill -9` or a power failure, goes on from the last backup when the
// same program is started again, and ends with the weights that it would have had, bit for bit on a CPU. "latest.weights.h5" holds all
// of it (training_state.h), "training_metadata.json" epoch and batch for Keras, which can restore from these files as this callback
// can from Keras's: an epoch then begins anew. Each file appears whole or not at all.
// It cannot know what the program itself keeps: a callback of your own overrides `state`, and a generator is asked again for the batches
// that it gave before.
// ValueError: an empty `backup_dir`; in fit a model that is not built, or a backup of other data. FileError: a folder that cannot be
// written to, a damaged backup.
CORNU_API std::shared_ptr<BackupAndRestoreImpl> BackupAndRestore(std::string backup_dir, BackupAndRestoreArgs args = {});

}  // namespace cornu::keras::callbacks
