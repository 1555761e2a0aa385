#include "cornu/target/named.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>

#include "cornu/base/errors.h"
#include "cornu/base/suggest.h"
#include "cornu/io/data_folder.h"
#include "cornu/io/file.h"

namespace cornu::target {
namespace {

namespace fs = std::filesystem;

fs::path folder() { return io::data_folder() / "gpus"; }

}  // namespace

std::vector<std::string> card_names() {
  std::vector<std::string> names;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(folder(), none))
    if (entry.path().extension() == ".json") names.push_back(entry.path().stem());
  std::ranges::sort(names);
  return names;
}

Target named_card(const std::string& name) {
  std::string small = name;
  for (char& c : small) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  const std::vector<std::string> names = card_names();
  if (std::ranges::find(names, small) == names.end())
    throw error<ValueError>("There is no card '{}'.{} Known: {}.", name, suggestion(small, names), fmt::join(names, ", "));
  return read_card((folder() / (small + ".json")).string());
}

Target read_card(const std::string& path) {
  const io::FileBytes file = io::map_file(path);
  try {
    return Target::from_json({reinterpret_cast<const char*>(file.data.get()), file.size});
  } catch (const ValueError& e) {
    throw error<ValueError>("'{}': {}", path, e.what());
  }
}

}  // namespace cornu::target
