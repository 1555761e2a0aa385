#pragma once

#include <functional>
#include <memory>
#include <oneapi/dnnl/dnnl.hpp>
#include <optional>
#include <string>
#include <vector>

#include "cornu/ir/lowering.h"

// What a kernel runs with a given number of threads: oneDNN's primitives, their arguments and their scratch.

namespace cornu::backend::cpu::onednn {

using dnnl::memory;

const dnnl::engine& engine();

constexpr int kScratch = -1;

struct Argument {
  int id;
  memory::desc desc;
  int operand = kScratch;  // which of the call's, or
  std::size_t offset = 0;  // where in its scratch
};

struct Step {
  dnnl::primitive primitive;
  std::vector<Argument> arguments;
};

struct Plan {
  std::vector<Step> steps;
  std::size_t scratch_bytes = 0;
  std::string implementation;

  std::size_t reserve(const memory::desc& desc);  // an offset in the scratch
  template <class PrimitiveDesc>
  void add(const PrimitiveDesc& pd, dnnl::primitive primitive, std::vector<Argument> arguments) {
    const auto scratchpad = pd.scratchpad_desc();
    if (scratchpad.get_size() > 0) arguments.push_back({DNNL_ARG_SCRATCHPAD, scratchpad, kScratch, reserve(scratchpad)});
    steps.push_back({std::move(primitive), std::move(arguments)});
  }
  void add_reorder(const Argument& from, const Argument& to);
};
using PlanPtr = std::shared_ptr<const Plan>;  // null: only oneDNN's reference would run
using Planner = std::function<PlanPtr()>;

// The plan wants an input in the result's memory: it is copied there where it lies elsewhere.
struct InPlace {
  int input, result;  // operands
  std::size_t bytes;
};

// A kernel that runs the plan of its key, made once for all kernels of that key and a number of threads. Null: there is none.
std::unique_ptr<ir::Kernel> planned(std::string name, std::string key, Planner planner, int most_threads = 1 << 30,
                                    std::optional<InPlace> in_place = {});

}  // namespace cornu::backend::cpu::onednn
