#include "cli/bench_load.h"

#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>

#include "cli/data.h"

namespace cornu::cli {
namespace {

// The best of a few: what else the machine does only adds.
double best_seconds(const std::function<void()>& work) {
  using Clock = std::chrono::steady_clock;
  double best = 1e9;
  for (int round = 0; round < 7; ++round) {
    const auto start = Clock::now();
    work();
    best = std::min(best, std::chrono::duration<double>(Clock::now() - start).count());
  }
  return best;
}

// Into memory that is there already: fresh pages would cost more than the sum.
unsigned long checksum_of(const std::string& path, std::vector<char>& bytes) {
  std::ifstream(path, std::ios::binary).read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  return ::crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
}

}  // namespace

Json measure_load() {
  using namespace keras::layers;
  constexpr int64_t kUnits = 3500;
  const std::string path =
      std::filesystem::temp_directory_path() / fmt::format("cornu-bench-{}.keras", static_cast<long long>(::getpid()));
  keras::Sequential({Dense(kUnits, {.input_shape = {kUnits}}), Dense(kUnits), Dense(10)}).save(path);
  Json figures{{"workload", "load"}, {"engine", "cornu"}};
  figures["file_mb"] = static_cast<double>(std::filesystem::file_size(path)) / 1e6;
  std::vector<char> bytes(std::filesystem::file_size(path));
  unsigned long sum = 0;
  const double checksum = best_seconds([&] { sum = checksum_of(path, bytes); });
  const double load = best_seconds([&] { keras::models::load_model(path); });
  std::filesystem::remove(path);
  figures["load_s"] = load;
  figures["checksum_s"] = checksum;
  figures["crc32"] = sum;
  figures["ratio"] = load / checksum;
  return figures;
}

}  // namespace cornu::cli
