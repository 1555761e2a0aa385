#pragma once

#include <string>
#include <string_view>

#include "cornu/base/api.h"
#include "cornu/base/json.h"

namespace cornu::keras::saving {

// The largest config.json that is read: a hundred times what the largest models of Keras have.
inline constexpr std::size_t kLargestConfig = std::size_t{64} << 20;
// FileError for a text of more bytes than that; asked before it is unpacked.
void check_config_size(const std::string& file, std::size_t bytes);

// JSON that came from outside: what goes down it by recursion is safe. FileError: malformed, too large or too deep; `file` is what
// errors call it.
CORNU_API Json parse_json(const std::string& file, std::string_view text);

}  // namespace cornu::keras::saving
