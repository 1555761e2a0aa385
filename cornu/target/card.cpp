#include "cornu/target/card.h"

#include <limits>
#include <nlohmann/json.hpp>

#include "cornu/base/errors.h"

namespace cornu {
namespace target {
namespace {

using nlohmann::json;

// CUDA's attributes are ints; only the memory is counted in more bits.
constexpr int64_t kMost = std::numeric_limits<int32_t>::max(), kMostMemory = int64_t{1} << 50;

struct IntegerProperty {
  const char* key;
  int64_t CudaProperties::*member;
  int64_t least = 1, most = kMost;
};

// cuDNN's key of each property.
constexpr IntegerProperty kIntegers[] = {
    {"totalGlobalMem", &CudaProperties::total_memory, 1, kMostMemory},
    {"multiProcessorCount", &CudaProperties::multiprocessors},
    {"warpSize", &CudaProperties::warp_size},
    {"l2CacheSize", &CudaProperties::l2_cache},
    {"maxSharedMemoryPerBlock", &CudaProperties::shared_memory_per_block},
    {"maxSharedMemoryPerBlockOptin", &CudaProperties::shared_memory_per_block_optin},
    {"reservedSharedMemoryPerBlock", &CudaProperties::reserved_shared_memory_per_block, 0},
    {"regsPerBlock", &CudaProperties::registers_per_block},
    {"maxRegistersPerSM", &CudaProperties::registers_per_multiprocessor},
    {"maxCtasPerSM", &CudaProperties::blocks_per_multiprocessor},
    {"maxThreadsPerBlock", &CudaProperties::threads_per_block},
    {"maxThreadsPerSM", &CudaProperties::threads_per_multiprocessor},
    {"smClockRateKHz", &CudaProperties::clock_khz},
    {"memClockRateKHz", &CudaProperties::memory_clock_khz},
};

struct PeakProperty {
  const char* key;
  double CudaProperties::*member;
};

constexpr PeakProperty kPeaks[] = {
    {"memory_gb_s", &CudaProperties::peak_memory_gb_s},          {"fp32_tflops", &CudaProperties::peak_float32_tflops},
    {"tf32_tflops", &CudaProperties::peak_tensorfloat32_tflops}, {"fp16_tflops", &CudaProperties::peak_float16_tflops},
    {"bf16_tflops", &CudaProperties::peak_bfloat16_tflops},
};

const json& child(const json& parent, const char* key) {
  if (!parent.is_object() || !parent.contains(key))
    throw error<ValueError>("A card's description must have the key '{}'; it is missing.", key);
  return parent[key];
}

int64_t integer(const json& value, const char* key, int64_t least, int64_t most = kMost) {
  if (!value.is_number_integer() || (value.is_number_unsigned() && value.get<uint64_t>() > uint64_t(most)) ||
      value.get<int64_t>() < least || value.get<int64_t>() > most)
    throw error<ValueError>("A card's '{}' must be an integer from {} to {}. Received: {}", key, least, most, value.dump());
  return value.get<int64_t>();
}

std::string text(const json& value, const char* key) {
  if (!value.is_string()) throw error<ValueError>("A card's '{}' must be a string. Received: {}", key, value.dump());
  return value.get<std::string>();
}

void read_extents(const json& properties, const char* key, int64_t (&extents)[3]) {
  const json& list = child(properties, key);
  if (!list.is_array() || list.size() != 3)
    throw error<ValueError>("A card's '{}' must be a list of 3 integers. Received: {}", key, list.dump());
  for (int i = 0; i < 3; ++i) extents[i] = integer(list[i], key, 1);
}

void read_peaks(const json& peak, CudaProperties& card) {
  if (!peak.is_object()) throw error<ValueError>("A card's 'peak' must be an object. Received: {}", peak.dump());
  for (const PeakProperty& row : kPeaks) {
    if (!peak.contains(row.key)) continue;
    const json& value = peak[row.key];
    if (!value.is_number() || value.get<double>() < 0)
      throw error<ValueError>("A card's peak '{}' must be a number of at least 0. Received: {}", row.key, value.dump());
    card.*row.member = value.get<double>();
  }
}

CudaProperties read_properties(const json& properties) {
  CudaProperties card;
  card.device_name = text(child(properties, "deviceName"), "deviceName");
  const int64_t version = integer(child(properties, "deviceVer"), "deviceVer", 100);
  if (version > 9990 || version % 10 != 0)
    throw error<ValueError>("A card's 'deviceVer' is 100 * major + 10 * minor, such as 900. Received: {}", version);
  card.compute_capability = static_cast<int>(version);
  for (const IntegerProperty& row : kIntegers)
    card.*row.member = integer(child(properties, row.key), row.key, row.least, row.most);
  read_extents(properties, "maxBlockSize", card.max_block);
  read_extents(properties, "maxGridSize", card.max_grid);
  return card;
}

}  // namespace

std::string card_fingerprint(const CudaProperties& card) {
  std::string result = fmt::format("cuda-sm{}", card.compute_capability / 10);
  for (const IntegerProperty& row : kIntegers) result += fmt::format("-{}", card.*row.member);
  for (int64_t extent : card.max_block) result += fmt::format("-{}", extent);
  for (int64_t extent : card.max_grid) result += fmt::format("-{}", extent);
  return result;
}

}  // namespace target

Target Target::from_json(std::string_view text) {
  const auto file = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (file.is_discarded())
    throw error<ValueError>("A card's description must be JSON; {} characters could not be parsed.", text.size());
  Target result{.kind = TargetKind::cuda, .name = target::text(target::child(file, "name"), "name"), .cpu = host().cpu};
  result.cuda = target::read_properties(target::child(file, "properties"));
  if (file.contains("peak")) target::read_peaks(file["peak"], result.cuda);
  return result;
}

}  // namespace cornu
