#include "cornu/backend/cuda/packages/install.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>

#include "cornu/backend/cuda/library/table.h"
#include "cornu/backend/cuda/packages/pip.h"
#include "cornu/backend/cuda/packages/table.h"
#include "cornu/backend/cuda/packages/wheel.h"
#include "cornu/base/environment.h"
#include "cornu/base/errors.h"
#include "cornu/base/suggest.h"
#include "cornu/io/file.h"

namespace cornu::cuda::packages {
namespace {

namespace fs = std::filesystem;

constexpr const char* kManifest = "cornu.json";      // in each package's folder; what has none is not ours
constexpr const char* kWheels = ".wheels";           // what was fetched and is not unpacked yet
constexpr const char* kUnfinished = ".unfinished-";  // a package's folder while it is made

FileError cannot(const char* what, const fs::path& path, const std::error_code& failure) {
  return error<FileError>("Cannot {} '{}': {}.", what, path.string(), failure.message());
}

void make_folder(const fs::path& folder) {
  std::error_code failure;
  fs::create_directories(folder, failure);
  if (failure) throw cannot("make the folder", folder, failure);
}

void sync_folder(const fs::path& folder) {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  ::fsync(descriptor);
  ::close(descriptor);
}

// One install or removal at a time works in a prefix.
class Lock {
 public:
  explicit Lock(const fs::path& prefix) : path_(prefix / ".lock") {
    descriptor_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (descriptor_ < 0) throw cannot("write into", prefix, std::error_code(errno, std::generic_category()));
    if (::flock(descriptor_, LOCK_EX | LOCK_NB) == 0) return;
    ::close(descriptor_);
    throw error<FileError>("Another `cornu cuda` works in '{}': wait for its end.", prefix.string());
  }
  ~Lock() {
    ::unlink(path_.c_str());
    ::close(descriptor_);
  }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

 private:
  const fs::path path_;
  int descriptor_ = -1;
};

// What an install that was interrupted left; whole wheels stay, so that the next one goes on.
void remove_unfinished(const fs::path& prefix) {
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(prefix, none))
    if (entry.path().filename().string().starts_with(kUnfinished)) fs::remove_all(entry.path(), none);
}

// Every set has packages of the same names.
void check_names(const PackageSet& set, const std::vector<std::string>& only) {
  std::vector<std::string> names;
  for (const Package& package : set.packages) names.push_back(package.name);
  for (const std::string& name : only)
    if (std::ranges::find(names, name) == names.end())
      throw error<ValueError>("There is no package '{}'.{} Known: {}.", name, suggestion(name, names), fmt::join(names, ", "));
}

const PackageSet& choose_set(const std::vector<PackageSet>& sets, std::optional<int> asked) {
  const int runnable = newest_cuda();
  std::vector<int> known;
  for (const PackageSet& set : sets) {
    known.push_back(set.cuda);
    if (asked ? set.cuda != *asked : runnable > 0 && set.cuda > runnable) continue;
    if (runnable == 0 || set.cuda <= runnable) return set;
    throw error<ValueError>("CUDA {} needs a driver {} or later; this machine's runs CUDA {} at most. Leave --cuda out.",
                            set.cuda, set.driver, runnable);
  }
  if (asked) throw error<ValueError>("There is no set of libraries for CUDA {}. Known: {}.", *asked, fmt::join(known, ", "));
  throw error<ValueError>(
      "This machine's driver runs CUDA {} at most; the oldest known set is for CUDA {}. Install a newer driver.", runnable,
      sets.empty() ? 0 : sets.back().cuda);
}

std::vector<Package> choose_packages(const PackageSet& set, const std::vector<std::string>& only) {
  std::vector<Package> chosen;
  for (const Package& package : set.packages)
    if (only.empty() ? !package.is_optional : std::ranges::find(only, package.name) != only.end()) chosen.push_back(package);
  return chosen;
}

fs::path folder_of(const fs::path& prefix, const Package& package, int cuda) {
  return prefix / fmt::format("{}-{}-cuda{}", package.name, package.version, cuda);
}

// The wheel of a package, checked: one that is there already, from the user's folder, or fetched.
fs::path wheel_of(const Package& package, const InstallArgs& args) {
  if (!args.from.empty()) {
    const fs::path wheel = args.from / package.file;
    if (!fs::exists(wheel))
      throw error<FileError>("'{}' holds no {}. Bring it there, or leave --from out.", args.from.string(), package.file);
    check_wheel(wheel, package);
    return wheel;
  }
  const fs::path wheels = args.prefix / kWheels, wheel = wheels / package.file;
  std::error_code none;
  if (fs::exists(wheel, none) && static_cast<int64_t>(fs::file_size(wheel, none)) == package.bytes) {
    check_wheel(wheel, package);
    return wheel;
  }
  fs::remove(wheel, none);
  make_folder(wheels);
  args.say(fmt::format("fetching {} {} ({} MB)", package.name, package.version, package.bytes / 1'000'000));
  fetch(package, wheels.string());
  if (!fs::exists(wheel)) throw error<FileError>("pip left no {} in '{}'.", package.file, wheels.string());
  try {
    check_wheel(wheel, package);
  } catch (const FileError&) {
    fs::remove(wheel, none);
    throw;
  }
  return wheel;
}

void write_manifest(const fs::path& folder, const Package& package, int cuda, int64_t bytes) {
  const nlohmann::ordered_json manifest{{"name", package.name}, {"version", package.version}, {"cuda", cuda},
                                        {"bytes", bytes},       {"wheel", package.file},      {"sha256", package.sha256}};
  const std::string text = manifest.dump(2) + "\n";
  io::write_file_atomically((folder / kManifest).string(), std::as_bytes(std::span(text)));
}

// Unpacks beside, then renames: under its name the folder is whole.
void install_package(const Package& package, int cuda, const InstallArgs& args) {
  const fs::path wheel = wheel_of(package, args), folder = folder_of(args.prefix, package, cuda);
  const fs::path unfinished = args.prefix / (kUnfinished + folder.filename().string());
  args.say(fmt::format("unpacking {} {}", package.name, package.version));
  make_folder(unfinished / "lib");
  std::error_code failure;
  try {
    write_manifest(unfinished, package, cuda, unpack_libraries(wheel, unfinished / "lib"));
    sync_folder(unfinished / "lib");
    fs::rename(unfinished, folder, failure);
    if (failure) throw cannot("make", folder, failure);
  } catch (...) {
    fs::remove_all(unfinished, failure);
    throw;
  }
  sync_folder(args.prefix);
  if (args.from.empty()) fs::remove(wheel, failure);
}

std::optional<Installed> read_manifest(const fs::path& folder) {
  std::error_code none;
  if (!fs::exists(folder / kManifest, none) || folder.filename().string().starts_with('.')) return std::nullopt;
  try {
    const io::FileBytes file = io::map_file((folder / kManifest).string());
    const auto* text = reinterpret_cast<const char*>(file.data.get());
    const auto json = nlohmann::json::parse(text, text + file.size);
    return Installed{json.at("name"), json.at("version"), json.at("cuda"), json.at("bytes"), folder};
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

std::vector<int> numbers(const std::string& version) {
  std::vector<int> all;
  for (std::size_t at = 0; at < version.size();) {
    const std::size_t end = std::min(version.find('.', at), version.size());
    all.push_back(std::atoi(version.substr(at, end - at).c_str()));
    at = end + 1;
  }
  return all;
}

// A folder goes if it is empty.
void remove_if_empty(const fs::path& folder) {
  std::error_code none;
  if (fs::is_directory(folder, none) && fs::is_empty(folder, none)) fs::remove(folder, none);
}

}  // namespace

fs::path default_prefix() {
  const std::string data = environment("XDG_DATA_HOME").value_or(""), home = environment("HOME").value_or("");
  if (data.empty() && home.empty()) throw ValueError("Neither XDG_DATA_HOME nor HOME is set: name a folder with --prefix.");
  return (data.empty() ? fs::path(home) / ".local/share" : fs::path(data)) / "cornu/cuda";
}

std::vector<Installed> install(const InstallArgs& args) {
  const std::vector<PackageSet> sets = args.table.empty() ? table() : read_table(args.table);
  check_names(sets.front(), args.only);
  const PackageSet& set = choose_set(sets, args.cuda);
  const std::vector<Package> packages = choose_packages(set, args.only);
  make_folder(args.prefix);
  const Lock lock(args.prefix);
  remove_unfinished(args.prefix);
  std::vector<Installed> done;
  for (const Package& package : packages) {
    const fs::path folder = folder_of(args.prefix, package, set.cuda);
    if (!read_manifest(folder)) install_package(package, set.cuda, args);
    done.push_back(*read_manifest(folder));
  }
  std::error_code none;
  if (args.from.empty()) remove_if_empty(args.prefix / kWheels);
  return done;
}

std::vector<Installed> list(const fs::path& prefix) {
  std::vector<Installed> all;
  std::error_code none;
  for (fs::directory_iterator at(prefix, none), end; !none && at != end; at.increment(none))
    if (auto installed = read_manifest(at->path())) all.push_back(std::move(*installed));
  std::ranges::sort(all, [](const Installed& a, const Installed& b) {
    if (a.name != b.name) return a.name < b.name;
    return std::pair(numbers(a.version), a.cuda) > std::pair(numbers(b.version), b.cuda);
  });
  return all;
}

std::vector<Installed> remove(const fs::path& prefix, const std::vector<std::string>& names) {
  std::vector<Installed> going = list(prefix);
  std::vector<std::string> known;
  for (const Installed& one : going) known.push_back(one.name);
  for (const std::string& name : names)
    if (std::ranges::find(known, name) == known.end())
      throw error<ValueError>("'{}' is not installed in '{}'. Installed: {}.", name, prefix.string(),
                              known.empty() ? "nothing" : fmt::format("{}", fmt::join(known, ", ")));
  std::erase_if(going, [&](const Installed& one) { return !names.empty() && std::ranges::find(names, one.name) == names.end(); });
  std::error_code failure;
  if (!fs::is_directory(prefix, failure)) return going;
  {
    const Lock lock(prefix);
    remove_unfinished(prefix);
    for (const Installed& one : going) {
      // Out of the search first, so that nobody meets half a package.
      const fs::path away = prefix / (kUnfinished + one.folder.filename().string());
      fs::rename(one.folder, away, failure);
      if (failure) throw cannot("remove", one.folder, failure);
      fs::remove_all(away, failure);
      if (failure) throw cannot("remove", away, failure);
    }
    if (names.empty()) fs::remove_all(prefix / kWheels, failure);
  }
  remove_if_empty(prefix);
  if (prefix == default_prefix()) remove_if_empty(prefix.parent_path());
  return going;
}

}  // namespace cornu::cuda::packages
