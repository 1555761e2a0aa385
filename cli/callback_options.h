#pragma once

#include <string>

#include "cli/command.h"
#include "cornu/keras/callbacks/callback.h"

namespace cornu::cli {

// The callbacks that the command line can name, each by its most important argument or by Keras's arguments in JSON.
struct CallbackOptions {
  std::string early_stopping, reduce_lr_on_plateau, checkpoint, backup, csv_log;
  bool terminate_on_nan = false;
};
void add_callback_options(CLI::App& verb, CallbackOptions& options);

// `validates`: there is a "val_loss" to watch; otherwise "loss" is what is watched unless the JSON says.
// UsageError: what is neither; ValueError: an argument that the callback refuses.
keras::Callbacks callbacks_of(const CallbackOptions& options, bool validates);

}  // namespace cornu::cli
