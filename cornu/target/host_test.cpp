#include "cornu/target/host.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <thread>

#include "cornu/target/fake_root.h"

namespace cornu::target {
namespace {

// A server with AVX-512, bfloat16 and AMX, as its registers tell it.
CpuidRegisters full() {
  return {.leaf1_ecx = 1u << 12 | 1u << 29 | 1u << 28,
          .leaf7_ebx = 1u << 5 | 1u << 8 | 1u << 16 | 1u << 17 | 1u << 30 | 1u << 31,
          .leaf7_edx = 1u << 22 | 1u << 24,
          .leaf7_1_eax = 1u << 5,
          .xcr0 = 0b1100000000011100111};
}

using HostFiles = FakeRoot;

TEST(Host, InstructionSetNeedsTheSystemToo) {
  EXPECT_EQ(decode(full()).isa, Isa::avx512);
  EXPECT_TRUE(decode(full()).has_bf16);
  EXPECT_TRUE(decode(full()).has_amx);

  CpuidRegisters no_zmm = full();
  no_zmm.xcr0 = 0b111;
  EXPECT_EQ(decode(no_zmm).isa, Isa::avx2);
  EXPECT_FALSE(decode(no_zmm).has_bf16);

  CpuidRegisters no_tiles = full();
  no_tiles.xcr0 = 0b11100111;
  EXPECT_EQ(decode(no_tiles).isa, Isa::avx512);
  EXPECT_FALSE(decode(no_tiles).has_amx);

  CpuidRegisters no_fma = full();
  no_fma.leaf1_ecx &= ~(1u << 12);
  EXPECT_EQ(decode(no_fma).isa, Isa::baseline);
  EXPECT_EQ(decode({}).isa, Isa::baseline);
}

TEST(Host, EnvironmentOnlyLowersTheInstructionSet) {
  const CpuProperties best = decode(full());
  EXPECT_EQ(limited_to(best, "avx2").isa, Isa::avx2);
  EXPECT_FALSE(limited_to(best, "avx2").has_amx);
  EXPECT_EQ(limited_to(best, "baseline").isa, Isa::baseline);
  EXPECT_EQ(limited_to({.isa = Isa::avx2}, "avx512").isa, Isa::avx2);
  EXPECT_EQ(limited_to(best, "sse9"), best);
}

TEST_F(HostFiles, CachesAreReadByLevelAndType) {
  const std::string cache = "sys/devices/system/cpu/cpu0/cache/";
  CpuProperties properties;
  read_caches(root_, properties);
  EXPECT_EQ(properties, CpuProperties{});
  const char* rows[][3] = {{"1", "Data", "48K"}, {"1", "Instruction", "64K"}, {"2", "Unified", "2M"}, {"3", "Unified", "junk"}};
  for (int i = 0; i < 4; ++i) {
    const std::string folder = cache + "index" + std::to_string(i);
    write(folder + "/level", rows[i][0]);
    write(folder + "/type", rows[i][1]);
    write(folder + "/size", rows[i][2]);
  }
  read_caches(root_, properties);
  EXPECT_EQ(properties.l1d_bytes, 48 << 10);
  EXPECT_EQ(properties.l2_bytes, 2 << 20);
  EXPECT_EQ(properties.l3_bytes, CpuProperties{}.l3_bytes);
}

TEST_F(HostFiles, AContainersQuotaIsRoundedUp) {
  EXPECT_EQ(cpu_quota(root_), std::nullopt);
  write("sys/fs/cgroup/cpu.max", "max 100000\n");
  EXPECT_EQ(cpu_quota(root_), std::nullopt);
  write("sys/fs/cgroup/cpu.max", "150000 100000\n");
  EXPECT_EQ(cpu_quota(root_), 2);
  write("sys/fs/cgroup/cpu.max", "20000 100000\n");
  EXPECT_EQ(cpu_quota(root_), 1);
}

TEST(Host, FindsThisMachine) {
  const Target& host = Target::host();
  EXPECT_EQ(host.kind, TargetKind::cpu);
  EXPECT_EQ(&host, &Target::host());
  EXPECT_GE(host.cpu.cores, 1);
  EXPECT_LE(host.cpu.cores, int(std::thread::hardware_concurrency()));
  EXPECT_GE(host.cpu.l2_bytes, host.cpu.l1d_bytes);
#if defined(__x86_64__)
  EXPECT_EQ(host.cpu.isa >= Isa::avx2 || !__builtin_cpu_supports("avx2") || getenv("CORNU_CPU_ISA"), true);
  if (host.cpu.isa == Isa::avx512) {
    EXPECT_TRUE(__builtin_cpu_supports("avx512f"));
  }
#endif
}

}  // namespace
}  // namespace cornu::target
