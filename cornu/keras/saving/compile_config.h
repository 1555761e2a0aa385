#pragma once

#include "cornu/keras/models/model.h"

namespace cornu::keras {

// The "compile_config" of a file: the arguments of compile; an empty object before it.
Json compile_config(const ModelImpl& model);
// ValueError: a name that is not known; TypeError: a class that is neither Keras's nor registered.
CompileArgs compile_args(const Json& config);

}  // namespace cornu::keras
