#pragma once

#include <string>
#include <vector>

#include "cornu/base/api.h"

namespace cornu {

// " Did you mean train?" where one of the known words is near; else empty.
CORNU_API std::string suggestion(const std::string& word, const std::vector<std::string>& known);

}  // namespace cornu
