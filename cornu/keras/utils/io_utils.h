#pragma once

#include <string>

namespace cornu::keras {

// What fit and the callbacks say to the user: on standard output, at once.
void print_msg(const std::string& message, bool line_break = true);

}  // namespace cornu::keras
