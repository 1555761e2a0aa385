#pragma once

#include <regex>
#include <string>

namespace cornu {

// ValueError, naming the argument, for a pattern that is none (ECMAScript's grammar).
std::regex regular_expression(const std::string& pattern, const char* argument);

}  // namespace cornu
