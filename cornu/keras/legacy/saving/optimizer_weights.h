#pragma once

#include "cornu/io/hdf5_reader.h"
#include "cornu/keras/models/model.h"

namespace cornu::keras::legacy {

// Gives the model's optimizer the state in the group "optimizer_weights". One that does not fit is left out with Keras's warning: the
// optimizer begins anew. `by_slot`: as Keras 2 wrote it, else in the order of the optimizer's variables.
void load_optimizer_weights(const Model& model, const io::Hdf5Group& weights, bool by_slot);

}  // namespace cornu::keras::legacy
