#include "cornu/keras/callbacks/callbacks.h"

namespace cornu::keras::callbacks {

std::span<const CallbackRow> registry() {
  static const CallbackRow rows[] = {{"BackupAndRestore"},      {"Callback"},        {"CSVLogger"},
                                     {"EarlyStopping"},         {"History"},         {"LambdaCallback"},
                                     {"LearningRateScheduler"}, {"ModelCheckpoint"}, {"ProgbarLogger"},
                                     {"ReduceLROnPlateau"},     {"SwapEMAWeights"},  {"TerminateOnNaN"}};
  return rows;
}

}  // namespace cornu::keras::callbacks
