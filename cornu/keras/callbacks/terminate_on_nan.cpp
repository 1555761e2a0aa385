#include "cornu/keras/callbacks/terminate_on_nan.h"

#include <cmath>

#include "cornu/keras/models/model.h"
#include "cornu/keras/utils/io_utils.h"

namespace cornu::keras::callbacks {

void TerminateOnNaNImpl::on_train_batch_end(int64_t batch, const LogValues& logs) {
  const double* loss = logs.find("loss");
  if (!loss || std::isfinite(*loss)) return;
  if (args_.raise_error)
    throw error<RuntimeError>("NaN or Inf loss encountered at batch {}. Loss value: {}. Terminating training immediately.", batch,
                              float_text(*loss));
  print_msg(fmt::format("Batch {}: Invalid loss, terminating training", batch));
  model().stop_training();
}

std::shared_ptr<TerminateOnNaNImpl> TerminateOnNaN(TerminateOnNaNArgs args) {
  return std::make_shared<TerminateOnNaNImpl>(std::move(args));
}

}  // namespace cornu::keras::callbacks
