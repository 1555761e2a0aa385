#include "cornu/keras/callbacks/csv_logger.h"

#include <algorithm>

#include "cornu/base/errors.h"
#include "cornu/keras/utils/io_utils.h"

namespace cornu::keras::callbacks {
namespace {

std::string quoted(const std::string& field, char separator) {
  if (field.find_first_of(std::string("\"\r\n") + separator) == field.npos) return field;
  std::string out;
  for (char c : field) out.append(c == '"' ? 2 : 1, c);
  return fmt::format("\"{}\"", out);
}

}  // namespace

CSVLoggerImpl::CSVLoggerImpl(std::string filename, CSVLoggerArgs args) : filename_(std::move(filename)), args_(std::move(args)) {
  if (args_.separator.size() != 1)
    throw error<TypeError>("`separator` must be a 1-character string. Received: separator='{}'", args_.separator);
}

void CSVLoggerImpl::on_train_begin() {
  if (args_.append) {
    // What stands there already has its header.
    std::ifstream before(filename_, std::ios::binary);
    if (before) needs_header_ = before.peek() == std::ifstream::traits_type::eof();
  }
  file_.close();
  file_.clear();
  file_.open(filename_, std::ios::binary | (args_.append ? std::ios::app : std::ios::trunc));
  if (!file_)
    throw error<FileError>("CSVLogger cannot open '{}' for writing. Check that its folder exists and may be written to.",
                           filename_);
  keys_.clear();
}

void CSVLoggerImpl::choose_keys(const LogValues& logs) {
  keys_ = logs.names();
  std::sort(keys_.begin(), keys_.end());
  // Validation may come in a later epoch only: its columns are there from the start.
  if (std::any_of(keys_.begin(), keys_.end(), [](const std::string& key) { return key.starts_with("val_"); })) return;
  for (std::size_t i = 0, count = keys_.size(); i < count; ++i) keys_.push_back("val_" + keys_[i]);
}

void CSVLoggerImpl::write_row(const std::vector<std::string>& fields) {
  for (std::size_t i = 0; i < fields.size(); ++i) file_ << (i ? args_.separator : "") << quoted(fields[i], args_.separator[0]);
  file_ << "\r\n";
}

void CSVLoggerImpl::on_epoch_end(int epoch, LogValues& logs) {
  if (keys_.empty()) {
    choose_keys(logs);
    std::vector<std::string> header{"epoch"};
    header.insert(header.end(), keys_.begin(), keys_.end());
    if (needs_header_) write_row(header);
  }
  std::vector<std::string> row{std::to_string(epoch)};
  for (const auto& key : keys_) {
    const double* value = logs.find(key);
    row.push_back(value ? float_text(*value) : "NA");
  }
  write_row(row);
  file_.flush();
  if (!file_) throw error<FileError>("CSVLogger cannot write to '{}'. Is the disk full?", filename_);
}

void CSVLoggerImpl::on_train_end(const LogValues&) { file_.close(); }

std::shared_ptr<CSVLoggerImpl> CSVLogger(std::string filename, CSVLoggerArgs args) {
  return std::make_shared<CSVLoggerImpl>(std::move(filename), std::move(args));
}

}  // namespace cornu::keras::callbacks
