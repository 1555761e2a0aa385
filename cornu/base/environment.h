#pragma once

#include <optional>
#include <string>

#include "cornu/base/api.h"

namespace cornu {

// An environment variable, empty if it is not set.
std::optional<std::string> environment(const char* name);

// How wide the terminal is: $COLUMNS, else what standard output says, else 80.
int terminal_columns();

// $KERAS_HOME, else ~/.keras.
CORNU_API std::string keras_home();

}  // namespace cornu
