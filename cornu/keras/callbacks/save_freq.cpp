#include "cornu/keras/callbacks/save_freq.h"

#include <nlohmann/json.hpp>

#include "cornu/base/errors.h"

namespace cornu::keras::callbacks {
namespace {

template <class T>
[[noreturn]] void refuse_save_freq(const T& received) {
  throw error<ValueError>("Unrecognized save_freq: {}. Expected save_freq are 'epoch' or integer values", received);
}

}  // namespace

SaveFreq::SaveFreq(const char* epoch) {
  if (std::string_view(epoch) != "epoch") refuse_save_freq(epoch);
}
SaveFreq::SaveFreq(int64_t batches) : batches_(batches) {
  if (batches < 1) refuse_save_freq(batches);
}

void write_json(const SaveFreq& freq, Json& out) {
  if (freq.is_epoch()) out = "epoch";
  else out = freq.batches();
}
void read_json(const Json& json, SaveFreq& freq) {
  if (json.is_string()) freq = SaveFreq(json.get<std::string>().c_str());
  else if (json.is_number_integer()) freq = SaveFreq(json.get<int64_t>());
  else refuse_save_freq(json.dump());
}

bool SaveCounter::is_due(int64_t batch) {
  if (freq_.is_epoch()) return false;
  const bool new_epoch = batch <= last_batch_;
  since_last_saving_ += new_epoch ? batch + 1 : batch - last_batch_;
  last_batch_ = batch;
  if (since_last_saving_ < freq_.batches()) return false;
  since_last_saving_ = 0;
  return true;
}

void SaveCounter::write_state(LogValues& numbers) const {
  numbers.set("batches_since_last_saving", static_cast<double>(since_last_saving_));
  numbers.set("last_batch", static_cast<double>(last_batch_));
}
void SaveCounter::read_state(const LogValues& numbers) {
  since_last_saving_ = static_cast<int64_t>(numbers["batches_since_last_saving"]);
  last_batch_ = static_cast<int64_t>(numbers["last_batch"]);
}

}  // namespace cornu::keras::callbacks
