#include "cornu/target/host.h"

#include <sched.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <thread>

#include "cornu/base/environment.h"
#include "cornu/base/log.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace cornu {
namespace target {
namespace {

constexpr bool bit(uint64_t word, int index) { return word >> index & 1; }
constexpr bool has_all(uint64_t word, uint64_t mask) { return (word & mask) == mask; }

std::string first_line(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

// "48K", "1024K", "32M" as in sysfs; 0 if it is no size.
int64_t bytes_of(const std::string& size) {
  int64_t number = 0;
  const auto [end, failed] = std::from_chars(size.data(), size.data() + size.size(), number);
  if (failed != std::errc() || number < 0 || number > (int64_t{1} << 32)) return 0;
  const char unit = end == size.data() + size.size() ? ' ' : *end;
  return unit == 'K' ? number << 10 : unit == 'M' ? number << 20 : unit == 'G' ? number << 30 : number;
}

void set_cache(CpuProperties& properties, int level, int64_t bytes) {
  if (bytes <= 0) return;
  if (level == 1) properties.l1d_bytes = bytes;
  if (level == 2) properties.l2_bytes = bytes;
  if (level == 3) properties.l3_bytes = bytes;
}

#if defined(__x86_64__)
struct Leaf {
  uint32_t eax = 0, ebx = 0, ecx = 0, edx = 0;
};

Leaf cpuid(uint32_t leaf, uint32_t subleaf = 0) {
  Leaf r;
  __get_cpuid_count(leaf, subleaf, &r.eax, &r.ebx, &r.ecx, &r.edx);
  return r;
}

uint64_t read_xcr0() {
  uint32_t low, high;
  asm("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return uint64_t{high} << 32 | low;
}

CpuidRegisters read_registers() {
  const Leaf leaf1 = cpuid(1), leaf7 = cpuid(7);
  constexpr int kOsxsave = 27;
  return {leaf1.ecx, leaf7.ebx, leaf7.edx, leaf7.eax >= 1 ? cpuid(7, 1).eax : 0, bit(leaf1.ecx, kOsxsave) ? read_xcr0() : 0};
}

// Deterministic cache parameters: leaf 4 (Intel), 0x8000001d (AMD), of the same form. Virtual machines fill these even
// where sysfs has no third level.
void read_cpuid_caches(CpuProperties& properties) {
  for (uint32_t leaf : {4u, 0x8000001du}) {
    for (uint32_t index = 0; index < 8; ++index) {
      const Leaf r = cpuid(leaf, index);
      const uint32_t type = r.eax & 31, level = r.eax >> 5 & 7;
      if (type == 0) break;
      constexpr uint32_t kInstructions = 2;
      if (type == kInstructions) continue;
      const int64_t ways = (r.ebx >> 22) + 1, partitions = (r.ebx >> 12 & 1023) + 1, line = (r.ebx & 4095) + 1;
      set_cache(properties, int(level), ways * partitions * line * (int64_t{r.ecx} + 1));
    }
  }
}
#else
CpuidRegisters read_registers() { return {}; }
void read_cpuid_caches(CpuProperties&) {}
#endif

int usable_cores() {
  cpu_set_t set;
  const int allowed = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : int(std::thread::hardware_concurrency());
  return std::max(1, std::min(allowed, cpu_quota("/").value_or(allowed)));
}

CpuProperties detect() {
  CpuProperties properties{.cores = usable_cores()};
  read_cpuid_caches(properties);
  read_caches("/", properties);
  properties = decode(read_registers(), properties);
  const auto wanted = environment("CORNU_CPU_ISA");
  if (!wanted || wanted->empty()) return properties;
  if (!isa_from_name(*wanted)) log::warn_once("CORNU_CPU_ISA={} is none of baseline, avx2, avx512 and is ignored", *wanted);
  return limited_to(properties, *wanted);
}

}  // namespace

CpuProperties decode(const CpuidRegisters& r, CpuProperties others) {
  constexpr uint64_t kFma = 1u << 12, kF16c = 1u << 29, kAvx = 1u << 28;                        // leaf 1 ecx
  constexpr uint64_t kAvx2 = 1u << 5, kBmi2 = 1u << 8;                                          // leaf 7 ebx
  constexpr uint64_t kF = 1u << 16, kDq = 1u << 17, kBw = 1u << 30, kVl = 1u << 31;             // leaf 7 ebx
  constexpr uint64_t kAvxState = 0b110, kAvx512State = 0b11100110, kTileState = 0b11ull << 17;  // xcr0
  constexpr int kBf16 = 5;                                                                      // leaf 7.1 eax
  constexpr uint64_t kAmxTiles = 1u << 24, kAmxBf16 = 1u << 22;                                 // leaf 7 edx
  const bool avx2 =
      has_all(r.leaf1_ecx, kFma | kF16c | kAvx) && has_all(r.leaf7_ebx, kAvx2 | kBmi2) && has_all(r.xcr0, kAvxState);
  const bool avx512 = avx2 && has_all(r.leaf7_ebx, kF | kDq | kBw | kVl) && has_all(r.xcr0, kAvx512State);
  others.isa = avx512 ? Isa::avx512 : avx2 ? Isa::avx2 : Isa::baseline;
  others.has_bf16 = avx512 && bit(r.leaf7_1_eax, kBf16);
  others.has_amx = avx512 && has_all(r.leaf7_edx, kAmxTiles | kAmxBf16) && has_all(r.xcr0, kTileState);
  return others;
}

std::optional<Isa> isa_from_name(const std::string& name) {
  for (Isa isa : {Isa::baseline, Isa::avx2, Isa::avx512})
    if (to_string(isa) == name) return isa;
  return std::nullopt;
}

CpuProperties limited_to(CpuProperties properties, const std::string& isa_name) {
  properties.isa = std::min(properties.isa, isa_from_name(isa_name).value_or(properties.isa));
  properties.has_bf16 &= properties.isa == Isa::avx512;
  properties.has_amx &= properties.isa == Isa::avx512;
  return properties;
}

void read_caches(const std::filesystem::path& root, CpuProperties& properties) {
  for (int index = 0; index < 8; ++index) {
    const auto folder = root / "sys/devices/system/cpu/cpu0/cache" / ("index" + std::to_string(index));
    if (first_line(folder / "type") == "Instruction") continue;
    set_cache(properties, int(bytes_of(first_line(folder / "level"))), bytes_of(first_line(folder / "size")));
  }
}

std::optional<int> cpu_quota(const std::filesystem::path& root) {
  std::ifstream file(root / "sys/fs/cgroup/cpu.max");  // "150000 100000", or "max 100000"
  double quota = 0, period = 0;
  if (!(file >> quota >> period) || quota <= 0 || period <= 0) return std::nullopt;
  return std::max(1, static_cast<int>(std::min(quota / period + 0.999, 1e6)));
}

}  // namespace target

const Target& Target::host() {
  static const Target target{.cpu = target::detect()};
  return target;
}

}  // namespace cornu
