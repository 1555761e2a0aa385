#include "cornu/device/machine.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>

namespace cornu::devices {
namespace {

namespace fs = std::filesystem;

bool is_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// "570.86.15": digits and at least one dot between them.
bool is_version(std::string_view text) {
  return text.size() >= 3 && is_digits(text.substr(0, 1)) && is_digits(text.substr(text.size() - 1)) &&
         text.find('.') != text.npos && text.find_first_not_of("0123456789.") == text.npos;
}

std::string trimmed(const std::string& text) {
  const auto begin = text.find_first_not_of(" \t\n"), end = text.find_last_not_of(" \t\n");
  return begin == text.npos ? "" : text.substr(begin, end - begin + 1);
}

std::vector<fs::path> entries(const fs::path& folder) {
  std::error_code none;
  std::vector<fs::path> paths;
  for (fs::directory_iterator at(folder, none), end; !none && at != end; at.increment(none)) paths.push_back(at->path());
  std::ranges::sort(paths);
  return paths;
}

std::vector<std::string> cards_on_pci(const Machine& machine) {
  std::vector<std::string> cards;
  for (const fs::path& device : entries(machine.root / "sys/bus/pci/devices")) {
    const bool is_nvidia = trimmed(machine.read(device / "vendor")) == "0x10de";
    const bool is_display = machine.read(device / "class").starts_with("0x03");  // not a card's sound or USB function
    if (is_nvidia && is_display)
      cards.push_back(fmt::format("{} at {}", trimmed(machine.read(device / "device")), device.filename().string()));
  }
  return cards;
}

std::string module_version(const Machine& machine) {
  std::istringstream words(machine.read(machine.root / "proc/driver/nvidia/version"));
  for (std::string word; words >> word;)
    if (is_version(word)) return word;
  return "";
}

void find_nodes(const Machine& machine, GpuTraces& traces) {
  for (const fs::path& node : entries(machine.root / "dev")) {
    const std::string name = node.filename();
    if (!name.starts_with("nvidia")) continue;
    const bool is_card = is_digits(name.substr(6)), is_control = name == "nvidiactl", is_memory = name == "nvidia-uvm";
    if (is_card) traces.nodes.push_back("/dev/" + name);
    traces.has_control_node |= is_control;
    traces.has_memory_node |= is_memory;
    if ((is_card || is_control || is_memory) && access(node.c_str(), R_OK | W_OK) != 0)
      traces.closed_nodes.push_back("/dev/" + name);
  }
}

// Where the loader and NVIDIA's installers put the driver's library.
std::vector<fs::path> library_folders(const Machine& machine) {
  std::vector<fs::path> folders;
  std::istringstream path(machine.environment("LD_LIBRARY_PATH").value_or(""));
  for (std::string folder; std::getline(path, folder, ':');)
    if (!folder.empty()) folders.push_back(folder);
  for (const char* folder : {"usr/lib/x86_64-linux-gnu", "usr/lib/aarch64-linux-gnu", "usr/lib64", "usr/lib", "usr/lib/wsl/lib",
                             "usr/local/nvidia/lib64", "usr/local/cuda/compat"})
    folders.push_back(machine.root / folder);
  return folders;
}

void find_libcuda(const Machine& machine, GpuTraces& traces) {
  constexpr std::string_view kName = "libcuda.so.";
  for (const fs::path& folder : library_folders(machine)) {
    const fs::path library = folder / "libcuda.so.1";
    std::error_code none;
    if (!fs::exists(library, none)) continue;
    traces.libcuda = library;
    const std::string file = fs::canonical(library, none).filename();
    if (file.starts_with(kName) && is_version(file.substr(kName.size()))) traces.libcuda_version = file.substr(kName.size());
    return;
  }
}

}  // namespace

bool Machine::has(const char* path) const {
  std::error_code none;
  return fs::exists(root / path, none);
}

std::string Machine::read(const fs::path& path) const {
  std::ifstream file(path);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

int64_t Machine::memory_mib(const std::string& name) const {
  const std::string text = read(root / "proc/meminfo");  // "MemAvailable:   123 kB"
  const auto at = text.find(name + ":");
  return at == text.npos ? 0 : std::strtoll(&text[at + name.size() + 1], nullptr, 10) >> 10;
}

GpuTraces look_for_gpus(const Machine& machine) {
  GpuTraces traces{.cards = cards_on_pci(machine), .module_version = module_version(machine)};
  traces.has_nouveau = machine.has("sys/module/nouveau");
  traces.is_wsl_gpu = machine.has("dev/dxg");
  traces.is_container =
      machine.has(".dockerenv") || machine.has("run/.containerenv") || machine.environment("container").has_value();
  find_nodes(machine, traces);
  find_libcuda(machine, traces);
  return traces;
}

VisibleDevices parse_visible_devices(const std::string& list) {
  std::istringstream text(list);
  bool first = true;
  for (std::string entry; std::getline(text, entry, ','); first = false) {
    entry = trimmed(entry);
    if (is_digits(entry) || entry.starts_with("GPU-") || entry.starts_with("MIG-")) continue;
    const bool is_meant = entry.empty() || entry == "-1" || entry == "none" || entry == "NoDevFiles";
    return {.hides_all = first, .bad_entry = is_meant ? "" : entry};
  }
  return {.hides_all = first};
}

}  // namespace cornu::devices
