#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "cornu/target/target.h"

namespace cornu::target {

// The registers that decide what an x86 CPU can do and the system lets programs use.
struct CpuidRegisters {
  uint32_t leaf1_ecx = 0;
  uint32_t leaf7_ebx = 0;
  uint32_t leaf7_edx = 0;
  uint32_t leaf7_1_eax = 0;
  uint64_t xcr0 = 0;  // states that the system saves; 0 without OSXSAVE
};

// isa, has_bf16 and has_amx of these registers, others as given.
CpuProperties decode(const CpuidRegisters& registers, CpuProperties others = {});

// Lowers the instruction set to the one named ("avx2"); never raises it. An unknown name changes nothing.
CpuProperties limited_to(CpuProperties properties, const std::string& isa_name);
std::optional<Isa> isa_from_name(const std::string& name);

// The same CPU as told by a system's files under `root`: caches of the first core, the container's CPU quota.
void read_caches(const std::filesystem::path& root, CpuProperties& properties);
std::optional<int> cpu_quota(const std::filesystem::path& root);

}  // namespace cornu::target
