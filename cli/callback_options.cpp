#include "cli/callback_options.h"

#include <charconv>
#include <nlohmann/json.hpp>

#include "cli/compile_options.h"
#include "cornu/cornu.h"

namespace cornu::cli {
namespace {

namespace callbacks = keras::callbacks;

// `text` as an object of arguments: JSON as it is, anything else under `key`, as a number where that is one. The name of a file may
// begin with a brace too.
Json arguments_of(const std::string& text, const char* key, const char* option, bool is_number) {
  if (text.starts_with("{") && text.ends_with("}")) return parse_json(text, option);
  if (!is_number) return Json{{key, text}};
  int number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc() || end != text.data() + text.size() || number < 0)
    throw UsageError(
        fmt::format(R"({0} takes a number of epochs, or JSON as in {{"{1}": 3}}. Received: {2})", option, key, text));
  return Json{{key, number}};
}

// The struct of a callback's arguments. `required` is the one that is no member of it.
template <class Args>
Args args_from(const Json& given, const char* option, const std::string& required = "") {
  Json known = keras::saving::to_json(Args{});
  if (!required.empty()) known[required] = nullptr;
  std::string names;
  for (const auto& [key, value] : known.items()) names += (names.empty() ? "" : ", ") + key;
  for (const auto& [key, value] : given.items())
    if (!known.contains(key)) throw UsageError(fmt::format("{} knows no '{}'. It knows: {}.", option, key, names));
  try {
    return keras::saving::from_json<Args>(given);
  } catch (const ValueError& e) {
    throw UsageError(fmt::format("{}: {}", option, e.what()));
  }
}

std::string path_in(const Json& given, const char* key, const char* option) {
  if (given.contains(key) && given[key].is_string()) return given[key].get<std::string>();
  throw UsageError(fmt::format("{} needs a \"{}\". Received: {}", option, key, given.dump()));
}

template <class Args>
Args monitor_args(const std::string& text, const char* option, bool validates) {
  Json given = arguments_of(text, "patience", option, true);
  if (!validates && !given.contains("monitor")) given["monitor"] = "loss";
  return args_from<Args>(given, option);
}

std::shared_ptr<keras::Callback> checkpoint(const std::string& text, bool validates) {
  Json given = arguments_of(text, "filepath", "--checkpoint", false);
  const std::string path = path_in(given, "filepath", "--checkpoint");
  if (!given.contains("save_weights_only")) given["save_weights_only"] = path.ends_with(".weights.h5");
  if (!validates && !given.contains("monitor")) given["monitor"] = "loss";
  return callbacks::ModelCheckpoint(path, args_from<callbacks::ModelCheckpointArgs>(given, "--checkpoint", "filepath"));
}
std::shared_ptr<keras::Callback> backup(const std::string& text) {
  const Json given = arguments_of(text, "backup_dir", "--backup", false);
  return callbacks::BackupAndRestore(path_in(given, "backup_dir", "--backup"),
                                     args_from<callbacks::BackupAndRestoreArgs>(given, "--backup", "backup_dir"));
}
std::shared_ptr<keras::Callback> csv_log(const std::string& text) {
  const Json given = arguments_of(text, "filename", "--csv-log", false);
  return callbacks::CSVLogger(path_in(given, "filename", "--csv-log"),
                              args_from<callbacks::CSVLoggerArgs>(given, "--csv-log", "filename"));
}

}  // namespace

void add_callback_options(CLI::App& verb, CallbackOptions& options) {
  verb.add_option("--early-stopping", options.early_stopping,
                  R"(Stop after so many epochs without improvement, or JSON: {"patience": 3, "restore_best_weights": true})");
  verb.add_option("--reduce-lr-on-plateau", options.reduce_lr_on_plateau,
                  R"(Reduce the learning rate after so many, or JSON: {"patience": 3, "factor": 0.5})");
  verb.add_option("--checkpoint", options.checkpoint,
                  R"(Save the model (.keras) or its weights (.weights.h5) after each epoch, as in {epoch:02d}.keras; or JSON: )"
                  R"({"filepath": "best.keras", "save_best_only": true})");
  verb.add_option("--backup", options.backup,
                  R"(A folder for backups: the same command started again goes on where it was cut off; or JSON: )"
                  R"({"backup_dir": "backup", "save_freq": 100})");
  verb.add_option("--csv-log", options.csv_log,
                  R"(Write a row an epoch (.csv), or JSON: {"filename": "log.csv", "append": true})");
  verb.add_flag("--terminate-on-nan", options.terminate_on_nan, "Stop when the loss is no number");
}

keras::Callbacks callbacks_of(const CallbackOptions& o, bool validates) {
  keras::Callbacks out;
  if (o.terminate_on_nan) out.push_back(callbacks::TerminateOnNaN());
  if (!o.reduce_lr_on_plateau.empty())
    out.push_back(callbacks::ReduceLROnPlateau(
        monitor_args<callbacks::ReduceLROnPlateauArgs>(o.reduce_lr_on_plateau, "--reduce-lr-on-plateau", validates)));
  if (!o.early_stopping.empty())
    out.push_back(
        callbacks::EarlyStopping(monitor_args<callbacks::EarlyStoppingArgs>(o.early_stopping, "--early-stopping", validates)));
  if (!o.checkpoint.empty()) out.push_back(checkpoint(o.checkpoint, validates));
  if (!o.csv_log.empty()) out.push_back(csv_log(o.csv_log));
  if (!o.backup.empty()) out.push_back(backup(o.backup));
  return out;
}

}  // namespace cornu::cli
