#pragma once

#include <string>

#include "cornu/base/errors.h"

namespace cornu::keras {

// "" is Keras's default, channels_last. ValueError for another word.
inline std::string data_format_name(const std::string& given) {
  if (given.empty()) return "channels_last";
  if (given != "channels_last" && given != "channels_first")
    throw error<ValueError>("The `data_format` argument must be one of \"channels_first\", \"channels_last\". Received: {}",
                            given);
  return given;
}
inline bool is_channels_first(const std::string& given) { return data_format_name(given) == "channels_first"; }

}  // namespace cornu::keras
