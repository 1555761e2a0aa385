#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "cornu/backend/cuda/device/runtime.h"
#include "cornu/target/target.h"

namespace cornu::cuda {

// Whether of several ways to do the same the fastest is found by trying: CORNU_AUTOTUNE=1. Never where results may not be left to chance.
bool is_autotuning(const Numerics& numerics);

// Of a library's proposals, which come best first, so many are tried at most.
inline constexpr std::size_t kMostTried = 8;

struct Trial {
  std::vector<std::size_t> operands;  // bytes of each: a trial has memory of its own, whatever lies there
  std::size_t workspace = 0;
  std::function<void(std::size_t which, std::span<const CUdeviceptr> operands, CUdeviceptr workspace)> run;
};
// Which of so many takes least of the card's time; none where there is no memory to try them, or none of them runs.
std::optional<std::size_t> fastest_of(std::size_t count, const Trial& trial, Runtime& runtime);

}  // namespace cornu::cuda
