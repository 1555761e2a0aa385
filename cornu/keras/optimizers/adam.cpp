#include "cornu/keras/optimizers/adam.h"

#include "cornu/keras/optimizers/adam_impl.h"

namespace cornu::keras::optimizers {

Optimizer Adam(AdamArgs args) { return Optimizer(std::make_shared<AdamImpl<AdamArgs>>("Adam", std::move(args))); }

}  // namespace cornu::keras::optimizers
