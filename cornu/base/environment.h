#pragma once

#include <optional>
#include <string>

#include "cornu/base/api.h"

namespace cornu {

// An environment variable, empty if it is not set.
std::optional<std::string> environment(const char* name);

// $KERAS_HOME, else ~/.keras.
CORNU_API std::string keras_home();

}  // namespace cornu
