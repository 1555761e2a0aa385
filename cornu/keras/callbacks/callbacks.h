#pragma once

#include <span>

#include "cornu/keras/callbacks/backup_and_restore.h"
#include "cornu/keras/callbacks/callback.h"
#include "cornu/keras/callbacks/csv_logger.h"
#include "cornu/keras/callbacks/early_stopping.h"
#include "cornu/keras/callbacks/history.h"
#include "cornu/keras/callbacks/lambda_callback.h"
#include "cornu/keras/callbacks/learning_rate_scheduler.h"
#include "cornu/keras/callbacks/model_checkpoint.h"
#include "cornu/keras/callbacks/progbar_logger.h"
#include "cornu/keras/callbacks/reduce_lr_on_plateau.h"
#include "cornu/keras/callbacks/swap_ema_weights.h"
#include "cornu/keras/callbacks/terminate_on_nan.h"

namespace cornu::keras::callbacks {

// Keras's classes that there are.
struct CallbackRow {
  const char* class_name;
};
CORNU_API std::span<const CallbackRow> registry();

}  // namespace cornu::keras::callbacks
