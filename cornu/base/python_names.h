#pragma once

#include <initializer_list>
#include <span>

#include "cornu/base/api.h"

namespace cornu {

// Names by which Python users know what is defined beside this. They are collected when the library is loaded.
struct PythonNames {
  explicit PythonNames(std::initializer_list<const char*> names);
};
// All of them, in no order; `cornu api` prints them.
CORNU_API std::span<const char* const> python_names();

}  // namespace cornu

#define CORNU_JOIN_NOW(a, b) a##b
#define CORNU_JOIN(a, b) CORNU_JOIN_NOW(a, b)
// In a source file, above the definition: PYTHON_NAMES("keras.Model");
#define PYTHON_NAMES(...) static const ::cornu::PythonNames CORNU_JOIN(python_names_of_line_, __LINE__)({__VA_ARGS__})
