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

}  // namespace
}  // namespace cornu::cuda
