#include <gtest/gtest.h>

#include "cornu/codegen/make_kernel.h"
#include "cornu/ir/lowering.h"
#include "tests/gpu_test.h"

namespace cornu::cuda {
namespace {

using namespace ir;

class GeneratedKernelTest : public GpuTest {
 protected:
  // y = 2 x, n elements one behind the other.
  static std::unique_ptr<Kernel> doubling(int64_t n, const Target& target) {
    auto program = std::make_shared<KernelProgram>();
    Launch launch{.extents = {n}, .operands = {{0, {1}}, {0, {1}}}};
    program->loops = {Loop::kept};
    program->operands = {{float32, Space::full, Access::contiguous}, {float32, Space::full, Access::contiguous, true}};
    KernelBuilder builder(*program, launch);
    const Register x = builder.load(0, float32, Space::full);
    builder.store(1, builder.add(x, x));
    return codegen::make_kernel(program, {launch}, target);
  }
};

// The plan's addresses are round, a caller's may be any: packs are moved only where they lie on addresses of their size.
TEST_F(GeneratedKernelTest, RunsWhereverItsMemoryBegins) {
  devices::initialize("a test");
  devices::Device& device = *(*gpus)->find("GPU", 0);
  constexpr int64_t kCount = 100'003;
  const auto kernel = doubling(kCount, device.target());
  EXPECT_NE(kernel->describe().find("_x4_tt"), std::string::npos) << kernel->describe();
  const auto state = kernel->make_state();
  std::vector<float> values(kCount + 1);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i % 1000);
  const auto in = card().allocate(values.size() * 4, "in"), out = card().allocate(values.size() * 4, "out");
  devices::Runtime& runtime = *device.runtime();
  for (const auto& [from, to] : {std::pair{0, 0}, std::pair{1, 0}, std::pair{0, 1}, std::pair{0, 0}}) {
    runtime.copy_in(in.address(), values.data(), values.size() * 4);
    runtime.copy_in(out.address(), values.data(), values.size() * 4);
    void* operands[] = {reinterpret_cast<void*>(in.address() + 4U * from), reinterpret_cast<void*>(out.address() + 4U * to)};
    StatusWord status;
    const KernelCall call{operands, nullptr, state.get(), &status, 1, runtime.handle()};
    kernel->prepare(call);
    kernel->run(call);
    std::vector<float> got(values.size());
    runtime.copy_out(got.data(), out.address(), got.size() * 4);
    runtime.wait();
    std::vector<float> expected = values;  // before the first and behind the last nothing is touched
    for (std::size_t i = 0; i < kCount; ++i) expected[i + to] = 2 * values[i + from];
    EXPECT_TRUE(got == expected) << from << " " << to;
  }
}

// Work of one program is one kernel, also where one of its segments is long enough for parts.
TEST_F(GeneratedKernelTest, SegmentsOfALongReductionHaveScratchOfTheirOwn) {
  devices::initialize("a test");
  devices::Device& device = *(*gpus)->find("GPU", 0);
  const std::vector<std::pair<int64_t, int64_t>> shapes{{1, 60'001}, {3, 1000}, {2, 40'000}};
  const auto program = std::make_shared<KernelProgram>();
  program->loops = {Loop::kept, Loop::reduced};
  program->operands = {{float32, Space::full, Access::contiguous}, {float32, Space::kept, Access::contiguous, true}};
  std::vector<Launch> segments;
  for (const auto& [rows, columns] : shapes)
    segments.push_back({.extents = {rows, columns}, .operands = {{0, {columns, 1}}, {0, {1, 0}}}});
  KernelBuilder builder(*program, segments[0]);
  builder.store(1, builder.reduce(ReduceKind::sum, builder.load(0, float32, Space::full), float32));
  const auto kernel = codegen::make_kernel(program, segments, device.target());
  EXPECT_NE(kernel->describe().find("_tile_split_table"), std::string::npos) << kernel->describe();

  devices::Runtime& runtime = *device.runtime();
  const auto scratch = card().allocate(kernel->scratch_bytes(), "scratch");
  std::vector<devices::Allocator::Piece> pieces;
  std::vector<void*> operands;
  for (const auto& [rows, columns] : shapes) {
    std::vector<float> values(static_cast<std::size_t>(rows * columns));
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i / columns + i % 3);
    pieces.push_back(card().allocate(values.size() * 4, "in"));
    runtime.copy_in(pieces.back().address(), values.data(), values.size() * 4);
    runtime.wait();
    pieces.push_back(card().allocate(static_cast<std::size_t>(rows) * 4, "out"));
    for (std::size_t i = pieces.size() - 2; i < pieces.size(); ++i)
      operands.push_back(reinterpret_cast<void*>(pieces[i].address()));
  }
  const auto state = kernel->make_state();
  StatusWord status;
  const KernelCall call{operands.data(), reinterpret_cast<std::byte*>(scratch.address()), state.get(), &status, 1,
                        runtime.handle()};
  kernel->prepare(call);
  kernel->run(call);
  for (std::size_t s = 0; s < shapes.size(); ++s) {
    const auto [rows, columns] = shapes[s];
    std::vector<float> got(static_cast<std::size_t>(rows));
    runtime.copy_out(got.data(), pieces[2 * s + 1].address(), got.size() * 4);
    for (int64_t row = 0; row < rows; ++row) {
      int64_t sum = 0;
      for (int64_t c = 0; c < columns; ++c) sum += row + (row * columns + c) % 3;
      EXPECT_EQ(got[static_cast<std::size_t>(row)], static_cast<float>(sum)) << s << " " << row;
    }
  }
}

}  // namespace
}  // namespace cornu::cuda
