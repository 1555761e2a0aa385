#include "cornu/base/regular_expression.h"

#include "cornu/base/errors.h"

namespace cornu {

std::regex regular_expression(const std::string& pattern, const char* argument) {
  try {
    return std::regex(pattern);
  } catch (const std::regex_error& e) {
    throw error<ValueError>("`{}` has a pattern that is no regular expression ({}). Received: '{}'", argument, e.what(), pattern);
  }
}

}  // namespace cornu
