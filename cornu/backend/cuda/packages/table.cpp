#include "cornu/backend/cuda/packages/table.h"

#include <nlohmann/json.hpp>

#include "cornu/base/errors.h"
#include "cornu/io/data_folder.h"
#include "cornu/io/file.h"

namespace cornu::cuda::packages {
namespace {

using Json = nlohmann::json;

#if defined(__aarch64__)
constexpr const char* kArchitecture = "aarch64";
#else
constexpr const char* kArchitecture = "x86_64";
#endif

// A name that becomes a part of a path and of a command.
std::string name_from(const Json& json, const char* key) {
  std::string name = json.at(key);
  if (name.empty() || name.front() == '.' || name.front() == '-' || name.find_first_of("/\\") != name.npos)
    throw error<ValueError>("'{}' cannot be a {}", name, key);
  return name;
}

std::optional<Package> package_from(const Json& json) {
  const Json& files = json.at("files");
  if (!files.contains(kArchitecture)) return std::nullopt;
  const Json& file = files.at(kArchitecture);
  return Package{.name = name_from(json, "name"),
                 .wheel = name_from(json, "wheel"),
                 .version = name_from(json, "version"),
                 .is_optional = json.value("optional", false),
                 .file = name_from(file, "file"),
                 .bytes = file.at("bytes"),
                 .sha256 = file.at("sha256")};
}

PackageSet set_from(const Json& json) {
  PackageSet set{.cuda = json.at("cuda"), .driver = json.at("driver"), .architectures = json.at("architectures")};
  for (const Json& one : json.at("packages"))
    if (auto package = package_from(one)) set.packages.push_back(std::move(*package));
  return set;
}

}  // namespace

std::vector<PackageSet> read_table(const std::string& path) {
  const io::FileBytes file = io::map_file(path);
  try {
    const auto* text = reinterpret_cast<const char*>(file.data.get());
    std::vector<PackageSet> sets;
    const Json json = Json::parse(text, text + file.size);
    for (const Json& one : json.at("sets")) sets.push_back(set_from(one));
    if (sets.empty()) throw ValueError("no set is in it");
    return sets;
  } catch (const std::exception& e) {
    throw io::file_error(path, "it is not a table of NVIDIA's packages ({})", e.what());
  }
}

const std::vector<PackageSet>& table() {
  static const std::vector<PackageSet> once = read_table((io::data_folder() / "cuda_packages.json").string());
  return once;
}

}  // namespace cornu::cuda::packages
