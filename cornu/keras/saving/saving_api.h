#pragma once

#include <string>

#include "cornu/keras/models/model.h"

namespace cornu::keras::models {

struct LoadModelArgs {
  bool compile = true;  // also the optimizer, with its state, the losses and metrics
};
// A model from a `.keras` file, whichever backend of Keras wrote it, or from a whole-model `.h5` of Keras 2 or 3. Nothing in a file is
// ever run. FileError: not such a file, or a damaged one; TypeError: a class that is neither Keras's nor registered (saving/registration.h);
// ValueError: a Lambda, weights that do not fit.
CORNU_API Model load_model(const std::string& path, LoadModelArgs args = {});
// The architecture that Model::to_json gave, compiled where that was; weights are new.
CORNU_API Model model_from_json(const std::string& json);

}  // namespace cornu::keras::models
