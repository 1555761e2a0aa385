#include "cornu/keras/utils/io_utils.h"

#include <cstdio>

namespace cornu::keras {

void print_msg(const std::string& message, bool line_break) {
  std::fwrite(message.data(), 1, message.size(), stdout);
  if (line_break) std::fputc('\n', stdout);
  std::fflush(stdout);
}

}  // namespace cornu::keras
