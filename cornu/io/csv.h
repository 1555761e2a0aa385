#pragma once

#include <string>
#include <vector>

#include "cornu/io/bytes.h"
#include "cornu/io/host_array.h"

namespace cornu::io {

struct CsvTable {
  std::vector<std::string> columns;  // of the header line; empty if there is none
  HostArray values;                  // float32 [rows, columns]
};

// Numbers separated by commas. The first line is a header if any of its fields is not a number. FileError names line
// and column of a field that is empty, no number, or beyond float32, and the line with too few or too many fields.
CORNU_API CsvTable read_csv(const FileBytes& file);
CORNU_API CsvTable read_csv(const std::string& path);

}  // namespace cornu::io
