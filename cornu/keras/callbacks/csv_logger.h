#pragma once

#include <fstream>

#include "cornu/keras/callbacks/callback.h"

namespace cornu::keras::callbacks {

struct CSVLoggerArgs {
  std::string separator = ",";
  bool append = false;  // false: a file that exists is overwritten
};

class CORNU_API CSVLoggerImpl final : public Callback {
 public:
  CSVLoggerImpl(std::string filename, CSVLoggerArgs args);
  void on_train_begin() override;
  void on_epoch_end(int epoch, LogValues& logs) override;
  void on_train_end(const LogValues& logs) override;
  bool wants_batches() const override { return false; }

 private:
  void choose_keys(const LogValues& logs);
  void write_row(const std::vector<std::string>& fields);

  std::string filename_;
  CSVLoggerArgs args_;
  bool needs_header_ = true;
  std::vector<std::string> keys_;  // empty before the first epoch has ended
  std::ofstream file_;
};

// Writes a row an epoch: its number and the logs, sorted by name. Values that an epoch lacks are "NA". TypeError: a separator
// that is not one character. FileError: a file that cannot be written.
CORNU_API std::shared_ptr<CSVLoggerImpl> CSVLogger(std::string filename, CSVLoggerArgs args = {});

}  // namespace cornu::keras::callbacks
