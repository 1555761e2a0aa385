#include "cornu/io/array_file.h"

#include "cornu/io/csv.h"
#include "cornu/io/file.h"
#include "cornu/io/idx.h"
#include "cornu/io/inflate.h"
#include "cornu/io/npy.h"

namespace cornu::io {

NamedArrays read_array_file(const std::string& path) {
  FileBytes file = map_file(path);
  std::string_view name = path;
  if (is_gzip(file.span())) {
    file = gunzip(file);
    if (name.ends_with(".gz")) name.remove_suffix(3);
  }
  const std::string_view text(reinterpret_cast<const char*>(file.data.get()), file.size);
  if (text.starts_with("\x93NUMPY")) return {{"0", read_npy(file)}};
  if (text.starts_with("PK\x03\x04") || text.starts_with("PK\x05\x06")) return read_npz(file);
  if (is_idx(file.span())) return {{"0", read_idx(file)}};
  if (name.ends_with(".csv") || name.ends_with(".CSV")) return {{"0", read_csv(file).values}};
  throw file_error(path, "its format is not known. Accepted are .npy, .npz, IDX (gzipped or not) and .csv");
}

}  // namespace cornu::io
