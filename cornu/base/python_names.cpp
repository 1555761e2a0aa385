#include "cornu/base/python_names.h"

#include <vector>

namespace cornu {
namespace {

std::vector<const char*>& names() {
  static std::vector<const char*> all;
  return all;
}

}  // namespace

PythonNames::PythonNames(std::initializer_list<const char*> more) { names().insert(names().end(), more); }
std::span<const char* const> python_names() { return names(); }

}  // namespace cornu
