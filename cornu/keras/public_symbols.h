#pragma once

#include <set>
#include <string>

#include "cornu/base/api.h"

namespace cornu::keras {

// Every name of Keras and of tf.config that stands for something here, as Python users write it: "keras.layers.Dense". `cornu api`
// prints them; docs/coverage.md says which are missing.
CORNU_API std::set<std::string> public_symbols();

}  // namespace cornu::keras
