#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cornu/backend/cuda/kernel/kernel.h"
#include "cornu/backend/cuda/kernel/loaded.h"
#include "cornu/ir/lowering.h"
#include "cornu/target/target.h"

namespace cornu::cuda {

// What a kernel that is written by hand is launched with: one parameter of eight bytes each. Extents, strides and numbers of the graph
// are such parameters, never part of the text.
struct Argument {
  enum class Kind : uint8_t { number, operand, scratch, status };
  Kind kind;
  uint64_t value;  // the number, which operand, bytes from the scratch memory's beginning

  static Argument operand(int i) { return {Kind::operand, static_cast<uint64_t>(i)}; }
  static Argument scratch(int64_t offset = 0) { return {Kind::scratch, static_cast<uint64_t>(offset)}; }
  static Argument number(int64_t value) { return {Kind::number, static_cast<uint64_t>(value)}; }
  // The address of the card's status word (ir::CardStatus); 0 where the program has none.
  static Argument status() { return {Kind::status, 0}; }
};

struct TextLaunch {
  KernelText text;
  Grid grid;
  std::vector<Argument> arguments;
};

// Kernels written by hand, launched one behind the other. Nothing of the host's is read after the launch, so that a graph can hold them.
// They do not know of a status that forbids to write state (ir::KernelCall::respects_status): the plan gives them none to write.
class TextKernel final : public ir::Kernel {
 public:
  using Pairs = std::vector<std::pair<int, int>>;
  TextKernel(std::string description, std::vector<TextLaunch> launches, std::size_t scratch_bytes = 0, Pairs in_place = {})
      : description_(std::move(description)),
        launches_(std::move(launches)),
        scratch_bytes_(scratch_bytes),
        in_place_(std::move(in_place)) {}

  TargetKind kind() const override { return TargetKind::cuda; }
  std::string describe() const override { return description_; }
  std::size_t scratch_bytes() const override { return scratch_bytes_; }
  std::unique_ptr<ir::KernelState> make_state() const override;
  std::vector<std::pair<int, int>> in_place() const override { return in_place_; }
  void prepare(const ir::KernelCall& call) const override;
  void compile(const Target& target) const override;
  ir::KernelReport report(const Target& target) const override;
  void run(const ir::KernelCall& call) const override;
  const std::vector<TextLaunch>& launches() const { return launches_; }

 private:
  const std::string description_;
  const std::vector<TextLaunch> launches_;
  const std::size_t scratch_bytes_;
  const Pairs in_place_;
};

inline constexpr unsigned kTextBlock = 256;  // threads of a block, in the launch bounds of most texts
// A grid of such blocks that fills the card a few times; what is over goes round.
Grid grid_for(int64_t threads, const Target& target);
// Parameters that are as many as the text is made for: ", int64_t dim0, int64_t dim1", and their names: "dim0, dim1".
std::string parameter_list(const char* name, std::size_t count, const char* type = "int64_t");
std::string name_list(const char* name, std::size_t count);
// The type that counts so many things, with what a grid adds at a time: "int32_t" where it will do.
const char* counter_for(int64_t things);

}  // namespace cornu::cuda
