#pragma once

#include <cstdint>

namespace cornu {

enum class TargetKind : uint8_t { cpu, cuda };

struct Target {
  TargetKind kind = TargetKind::cpu;
};

}  // namespace cornu
