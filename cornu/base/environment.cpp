#include "cornu/base/environment.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>

namespace cornu {

std::optional<std::string> environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? std::optional<std::string>(value) : std::nullopt;
}

int terminal_columns() {
  int columns = 0;
  const std::string given = environment("COLUMNS").value_or("");
  std::from_chars(given.data(), given.data() + given.size(), columns);
  if (columns > 0) return columns;
  winsize size{};
  return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

std::string keras_home() {
  if (auto home = environment("KERAS_HOME"); home && !home->empty()) return *home;
  return environment("HOME").value_or("/tmp") + "/.keras";
}

}  // namespace cornu
