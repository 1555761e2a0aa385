#pragma once

#include <nlohmann/json_fwd.hpp>

namespace cornu {

// Objects keep the order in which they were written, as Python's dicts do: files come out in Keras's order.
// Include <nlohmann/json.hpp> to look inside.
using Json = nlohmann::ordered_json;

}  // namespace cornu
