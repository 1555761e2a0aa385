#pragma once

#include <string>
#include <vector>

#include "cornu/target/target.h"

namespace cornu::target {

// The cards whose files come with the library (share/gpus): "a100", "h100", ..., sorted.
CORNU_API std::vector<std::string> card_names();
// One of them, of capital letters or small ones. ValueError: there is none of that name; the list follows.
CORNU_API Target named_card(const std::string& name);
// A card's file. FileError, ValueError: there is none, or what is wrong in it.
CORNU_API Target read_card(const std::string& path);

}  // namespace cornu::target
