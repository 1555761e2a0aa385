#include "cornu/target/target.h"

#include <gtest/gtest.h>

#include "cornu/base/errors.h"

namespace cornu {
namespace {

constexpr std::string_view kCard = R"({
  "name": "t4",
  "properties": {
    "deviceName": "Tesla T4", "deviceVer": 750, "totalGlobalMem": 15828320256, "multiProcessorCount": 40, "warpSize": 32,
    "l2CacheSize": 4194304, "maxSharedMemoryPerBlock": 49152, "maxSharedMemoryPerBlockOptin": 65536,
    "reservedSharedMemoryPerBlock": 0, "regsPerBlock": 65536, "maxRegistersPerSM": 65536, "maxCtasPerSM": 16,
    "maxThreadsPerBlock": 1024, "maxThreadsPerSM": 1024, "smClockRateKHz": 1590000, "memClockRateKHz": 5001000,
    "maxBlockSize": [1024, 1024, 64], "maxGridSize": [2147483647, 65535, 65535], "cudaDeviceId": 0, "driverVer": 13000
  },
  "peak": {"memory_gb_s": 320, "fp32_tflops": 8.1, "fp16_tflops": 65}
})";

std::string with(std::string_view from, std::string_view to) {
  std::string text(kCard);
  return text.replace(text.find(from), from.size(), to);
}

std::string message_for(const std::string& text) {
  try {
    Target::from_json(text);
  } catch (const ValueError& e) {
    return e.what();
  }
  return "accepted";
}

TEST(Target, ReadsACardsFile) {
  const Target t4 = Target::from_json(kCard);
  EXPECT_EQ(t4.kind, TargetKind::cuda);
  EXPECT_EQ(t4.name, "t4");
  EXPECT_EQ(t4.cuda.device_name, "Tesla T4");
  EXPECT_EQ(t4.cuda.major(), 7);
  EXPECT_EQ(t4.cuda.minor(), 5);
  EXPECT_EQ(t4.cuda.total_memory, 15828320256);
  EXPECT_EQ(t4.cuda.multiprocessors, 40);
  EXPECT_EQ(t4.cuda.max_block[2], 64);
  EXPECT_EQ(t4.cuda.max_grid[0], 2147483647);
  EXPECT_EQ(t4.cuda.peak_float16_tflops, 65);
  EXPECT_EQ(t4.cuda.peak_bfloat16_tflops, 0);
  const Target newer = Target::from_json(with("750", "1200"));
  EXPECT_EQ(newer.cuda.major(), 12);
  EXPECT_EQ(newer.cuda.minor(), 0);
}

TEST(Target, ABadCardFileIsNamed) {
  EXPECT_NE(message_for("{").find("must be JSON"), std::string::npos);
  EXPECT_NE(message_for("[]").find("'name'"), std::string::npos);
  EXPECT_NE(message_for(with("\"warpSize\": 32,", "")).find("'warpSize'; it is missing"), std::string::npos);
  EXPECT_NE(message_for(with("\"multiProcessorCount\": 40", "\"multiProcessorCount\": 0")).find("Received: 0"),
            std::string::npos);
  EXPECT_NE(message_for(with("15828320256", "18446744073709551615")).find("totalGlobalMem"), std::string::npos);
  EXPECT_NE(message_for(with("[1024, 1024, 64]", "[1024]")).find("list of 3"), std::string::npos);
  EXPECT_NE(message_for(with("750", "751")).find("deviceVer"), std::string::npos);
  EXPECT_NE(message_for(with("8.1", "\"fast\"")).find("fp32_tflops"), std::string::npos);
}

TEST(Target, FingerprintTellsApartWhatAProgramFits) {
  const Target t4 = Target::from_json(kCard);
  EXPECT_EQ(t4.fingerprint(), Target::from_json(kCard).fingerprint());
  EXPECT_EQ(t4.fingerprint().rfind("cuda-sm75-", 0), 0u);
  EXPECT_NE(t4.fingerprint(), Target::from_json(with("\"maxCtasPerSM\": 16", "\"maxCtasPerSM\": 32")).fingerprint());
  EXPECT_EQ(t4.fingerprint(), Target::from_json(with("\"cudaDeviceId\": 0", "\"cudaDeviceId\": 1")).fingerprint());
  Target cpu;
  EXPECT_EQ(cpu.fingerprint(), "cpu-baseline-cores1-l1d32768-l2_1048576-l3_8388608");
  cpu.cpu.has_bf16 = true;
  EXPECT_NE(cpu.fingerprint(), Target().fingerprint());
}

}  // namespace
}  // namespace cornu
