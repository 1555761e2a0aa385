#include "cornu/base/environment.h"

#include <cstdlib>

namespace cornu {

std::optional<std::string> environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? std::optional<std::string>(value) : std::nullopt;
}

std::string keras_home() {
  if (auto home = environment("KERAS_HOME"); home && !home->empty()) return *home;
  return environment("HOME").value_or("/tmp") + "/.keras";
}

}  // namespace cornu
