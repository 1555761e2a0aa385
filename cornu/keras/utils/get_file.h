#pragma once

#include <string>

#include "cornu/base/api.h"

namespace cornu::keras::utils {

struct GetFileArgs {
  std::string sha256;  // hexadecimal; empty: not checked
  std::string cache_subdir = "datasets";
  int connect_timeout = 5, stall_timeout = 20;  // seconds until a server must answer, and that it may send next to nothing
};
// The path of a file in $KERAS_HOME/`cache_subdir` (~/.keras), downloaded if it is not there yet or is not the one expected, with
// a bar on a terminal. The file appears whole or not at all. FileError: it cannot be had, kept, or is not the one expected.
CORNU_API std::string get_file(const std::string& name, const std::string& origin, GetFileArgs args = {});

}  // namespace cornu::keras::utils
