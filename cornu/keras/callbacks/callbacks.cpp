#include "cornu/keras/callbacks/callbacks.h"

namespace cornu::keras::callbacks {

std::span<const CallbackRow> registry() {
  static const CallbackRow rows[] = {{"Callback"},       {"CSVLogger"},       {"EarlyStopping"}, {"History"},
                                     {"LambdaCallback"}, {"ModelCheckpoint"}, {"ProgbarLogger"}};
  return rows;
}

}  // namespace cornu::keras::callbacks
