#pragma once

#include <span>

#include "cornu/keras/callbacks/callback.h"
#include "cornu/keras/callbacks/csv_logger.h"
#include "cornu/keras/callbacks/early_stopping.h"
#include "cornu/keras/callbacks/history.h"
#include "cornu/keras/callbacks/lambda_callback.h"
#include "cornu/keras/callbacks/model_checkpoint.h"
#include "cornu/keras/callbacks/progbar_logger.h"

namespace cornu::keras::callbacks {

// Keras's classes that there are.
struct CallbackRow {
  const char* class_name;
};
CORNU_API std::span<const CallbackRow> registry();

}  // namespace cornu::keras::callbacks
