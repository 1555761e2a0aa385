#include "cornu/keras/utils/io_utils.h"

#include <fmt/format.h>

#include <cstdio>

namespace cornu::keras {

void print_msg(const std::string& message, bool line_break) {
  std::fwrite(message.data(), 1, message.size(), stdout);
  if (line_break) std::fputc('\n', stdout);
  std::fflush(stdout);
}

std::string float_text(double value) {
  std::string out = fmt::format("{}", value);
  if (out.find_first_not_of("-0123456789") == out.npos) out += ".0";
  return out;
}

}  // namespace cornu::keras
