#include "cli/data.h"

#include "cornu/io/array_file.h"
#include "cornu/io/file.h"

namespace cornu::cli {

keras::Model read_model(const std::string& path) {
  for (const char* ending : {".keras", ".h5", ".hdf5"})
    if (path.ends_with(ending)) return keras::models::load_model(path);
  if (!path.ends_with(".json"))
    throw UsageError(
        fmt::format("a model is a .keras file, an .h5 of Keras 2 or 3, or an architecture .json. Received: '{}'", path));
  const io::FileBytes file = io::map_file(path);
  try {
    return keras::models::model_from_json({reinterpret_cast<const char*>(file.data.get()), file.size});
  } catch (const FileError& e) {
    throw error<FileError>("Cannot read '{}' as an architecture. {}", path, e.what());
  }
}

TensorNest read_data(const std::string& path) {
  const auto arrays = io::read_array_file(path);
  auto tensor = [](const io::HostArray& array) { return Tensor::from_memory(array.data, array.dtype, array.shape); };
  if (arrays.empty()) throw error<FileError>("'{}' holds no array.", path);
  if (arrays.size() == 1) return TensorNest(tensor(arrays.begin()->second));
  TensorNest::List list;
  for (std::size_t i = 0; i < arrays.size(); ++i) {
    const auto found = arrays.find(std::to_string(i));
    if (found == arrays.end()) break;
    list.push_back(TensorNest(tensor(found->second)));
  }
  if (list.size() == arrays.size()) return TensorNest(std::move(list));
  TensorNest::Dict dict;
  for (const auto& [name, array] : arrays) dict.emplace_back(name, TensorNest(tensor(array)));
  return TensorNest(std::move(dict));
}

void check_output(const std::string& path, const char* option, std::initializer_list<const char*> endings) {
  if (path.empty()) return;
  if (std::none_of(endings.begin(), endings.end(), [&](const char* ending) { return path.ends_with(ending); }))
    throw UsageError(fmt::format("{} must end in {}. Received: '{}'", option, fmt::join(endings, " or "), path));
  const io::AtomicFile probe(path);  // a temporary beside it, gone at once
}

void write_text(const std::string& path, const std::string& text) {
  io::write_file_atomically(path, std::as_bytes(std::span(text)));
}

}  // namespace cornu::cli
