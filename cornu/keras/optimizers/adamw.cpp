#include "cornu/keras/optimizers/adamw.h"

#include "cornu/keras/optimizers/adam_impl.h"

namespace cornu::keras::optimizers {

Optimizer AdamW(AdamWArgs args) {
  if (!args.weight_decay) throw ValueError("Argument `weight_decay` must be a float. Received: weight_decay=None");
  return Optimizer(std::make_shared<AdamImpl<AdamWArgs>>("AdamW", std::move(args)));
}

}  // namespace cornu::keras::optimizers
