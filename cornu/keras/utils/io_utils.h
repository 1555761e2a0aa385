#pragma once

#include <string>

namespace cornu::keras {

// What fit and the callbacks say to the user: on standard output, at once.
void print_msg(const std::string& message, bool line_break = true);

// As Python writes a float: the shortest digits that give it back, and a point ("0.1", "3.0", "1e-05", "nan").
std::string float_text(double value);

}  // namespace cornu::keras
