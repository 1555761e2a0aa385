// Every lowering for a card, for every sample and dtype: on the virtual GPU it computes what the record's reference says, and the real
// NVRTC compiles its texts.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "cornu/backend/cuda/kernel/cubin.h"
#include "cornu/backend/cuda/kernel/kernel.h"
#include "cornu/backend/cuda/kernel/text_kernel.h"
#include "cornu/backend/cuda/library/nvrtc.h"
#include "cornu/base/threads.h"
#include "cornu/ops/all_ops.h"
#include "cornu/ops/concat/concat.h"
#include "cornu/ops/cumulative/cumulative.h"
#include "cornu/ops/one_hot/one_hot.h"
#include "cornu/ops/pad/pad.h"
#include "cornu/ops/pool/pool.h"
#include "cornu/ops/scatter/scatter.h"
#include "cornu/ops/sort/sort.h"
#include "cornu/target/named.h"
#include "tests/gpu_test.h"
#include "tests/ops/run_lowering.h"
#include "tests/ops/sweep.h"

namespace cornu::testing {
namespace {

using ir::Lowering;
using ir::OpDef;

// Coarse ops that the host computes in a card's program, and why.
const std::map<std::string_view, std::string_view> kHostSteps = {
    {"cond", "control flow"},
    {"while_loop", "control flow"},
    {"scan", "control flow"},
};

std::vector<const Lowering*> cuda_lowerings(const OpDef& op) {
  std::vector<const Lowering*> out;
  if (op.lowerings)
    for (const Lowering& lowering : op.lowerings())
      if (lowering.target == TargetKind::cuda) out.push_back(&lowering);
  return out;
}

// A lowering of an op for a sample of a dtype.
struct Trial {
  std::string name;
  Applied node;
  std::vector<Array> arguments;
  DType dtype;
  ir::Lowered lowered;
};

// Samples with shorter axes, which change launches and no text.
std::vector<Sample> with_short_axes(const Sample& whole) {
  std::vector<Sample> out{whole};
  for (Sample& sample : shrunk(whole)) out.push_back(std::move(sample));
  return out;
}
std::vector<Sample> samples_of(std::string_view op) {
  std::vector<Sample> out;
  for (const Sample& sample : all_samples())
    if (sample.op.name == op) out.push_back(sample);
  return out;
}

// Without arguments there is nothing to run, and shapes may be larger than memory.
std::vector<Trial> trials(const std::vector<Sample>& samples, const Target& target, std::span<const DType> only = all_dtypes(),
                          bool has_arguments = true) {
  std::vector<Trial> out;
  const ir::LoweringContext context{target, nullptr};
  for (const Sample& sample : samples)
    for (const DType dtype : dtypes_of(sample))
      for (const Lowering* lowering : cuda_lowerings(sample.op)) {
        if (std::find(only.begin(), only.end(), dtype) == only.end()) continue;
        const Applied node = applied(sample, specs_of(sample, dtype));
        const ir::Offer offer{node.outputs[0].node(), {}};
        if (lowering->supports(offer, target).refused()) continue;
        out.push_back({fmt::format("{} [{}] {}", describe(sample), lowering->name, dtype.name()), node,
                       has_arguments ? arguments(sample, dtype) : std::vector<Array>(), dtype,
                       lowering->lower(offer, 0, context)});
      }
  return out;
}

// Samples of more elements than 32 bits count, where the shape rule accepts them.
std::vector<Sample> enlarged(const std::vector<Sample>& samples) {
  std::vector<Sample> out;
  for (Sample sample : samples) {
    for (OperandSample& operand : sample.operands)
      for (int axis = 0; axis < operand.shape.rank(); ++axis)
        if (operand.shape[axis] > 2) operand.shape[axis] <<= 32 / operand.shape.rank() + 1;
    if (!dtypes_of(sample).empty()) out.push_back(std::move(sample));
  }
  return out;
}

std::vector<cuda::KernelText> texts_of(const std::vector<Trial>& trials) {
  std::map<std::string, cuda::KernelText> texts;
  for (const Trial& trial : trials)
    if (const auto* kernel = dynamic_cast<const cuda::TextKernel*>(trial.lowered.kernel.get()))
      for (const cuda::TextLaunch& launch : kernel->launches()) {
        const auto [known, is_new] = texts.emplace(launch.text.name, launch.text);
        EXPECT_EQ(known->second.kernel, launch.text.kernel) << "two texts of one name";
      }
  std::vector<cuda::KernelText> out;
  for (auto& [name, text] : texts) out.push_back(std::move(text));
  return out;
}

// How operands lie on the card.
enum class Place { aligned, shifted, in_place };

class CudaRuns : public cuda::GpuTest {
 protected:
  void SetUp() override {
    GpuTest::SetUp();
    if (IsSkipped()) return;
    devices::initialize("a test");
    device_ = (*gpus)->find("GPU", 0);
  }

  // The results; whatever lies behind them must stay as it is.
  std::vector<Array> run(const Trial& trial, Place place) {
    constexpr std::size_t kGuard = 64;
    constexpr std::byte kUntouched{0xcd};
    const ir::Lowered& lowered = trial.lowered;
    devices::Runtime& runtime = *device_->runtime();
    std::vector<devices::Allocator::Piece> pieces;
    std::vector<void*> operands;
    const auto add = [&](const ir::Value& v, std::vector<std::byte> bytes) {
      pieces.push_back(runtime.memory().allocate(bytes.size() + kGuard, "operand"));
      const uintptr_t at = pieces.back().address() + (place == Place::shifted ? static_cast<uintptr_t>(v.dtype().size()) : 0);
      runtime.copy_in(at, bytes.data(), bytes.size());
      operands.push_back(reinterpret_cast<void*>(at));
    };
    for (const ir::Value& v : lowered.inputs)
      for (std::size_t i = 0; i < trial.node.parameters.size(); ++i)
        if (trial.node.parameters[i] == v) {
          add(v, trial.arguments[i].bytes);
          break;
        }
    for (const ir::Value& v : lowered.outputs)
      add(v, std::vector<std::byte>(static_cast<std::size_t>(ir::bytes_of(v.spec())) + kGuard, kUntouched));
    if (place == Place::in_place)
      for (const auto& [in, out] : lowered.kernel->in_place()) {
        const std::vector<std::byte> guard(kGuard, kUntouched);
        const auto bytes = static_cast<uintptr_t>(
            ir::bytes_of(lowered.outputs.at(static_cast<std::size_t>(out) - lowered.inputs.size()).spec()));
        operands[static_cast<std::size_t>(out)] = operands[static_cast<std::size_t>(in)];
        runtime.copy_in(reinterpret_cast<uintptr_t>(operands[static_cast<std::size_t>(in)]) + bytes, guard.data(), kGuard);
      }
    const auto scratch = runtime.memory().allocate(std::max<std::size_t>(lowered.kernel->scratch_bytes(), 1), "scratch");
    const auto state = lowered.kernel->make_state();
    ir::StatusWord status;
    const ir::KernelCall call{operands.data(), reinterpret_cast<std::byte*>(scratch.address()), state.get(), &status, 1,
                              runtime.handle()};
    lowered.kernel->prepare(call);
    lowered.kernel->run(call);
    std::vector<Array> out;
    for (const ir::Value& v : trial.node.outputs) {
      std::size_t at = 0;
      while (!(lowered.outputs.at(at) == v)) ++at;
      std::vector<std::byte> bytes(static_cast<std::size_t>(ir::bytes_of(v.spec())) + kGuard);
      runtime.copy_out(bytes.data(), reinterpret_cast<uintptr_t>(operands[lowered.inputs.size() + at]), bytes.size());
      for (std::size_t i = bytes.size() - kGuard; i < bytes.size(); ++i)
        EXPECT_EQ(bytes[i], kUntouched) << "written past the end";
      bytes.resize(bytes.size() - kGuard);
      out.push_back({v.spec(), std::move(bytes)});
    }
    return out;
  }

  // Each in every place; the virtual GPU runs threads in another order each time.
  void expect_references(const std::vector<Trial>& all) {
    const FlushDenormals flush;
    cuda::load_together(*static_cast<cuda::Runtime*>(device_->runtime()->handle()), texts_of(all));
    for (const Trial& trial : all) {
      SCOPED_TRACE(trial.name);
      const auto expected = evaluate(trial.node.graph(), trial.arguments), aligned = run(trial, Place::aligned);
      expect_near(aligned, expected, trial.dtype);
      for (const Place place : {Place::shifted, Place::in_place}) {
        // A library wants its operands aligned.
        if (place == Place::shifted && !dynamic_cast<const cuda::TextKernel*>(trial.lowered.kernel.get())) continue;
        const auto again = run(trial, place);
        for (std::size_t i = 0; i < again.size(); ++i) EXPECT_EQ(again[i].bytes, aligned[i].bytes) << "in place " << int(place);
      }
      if (HasFailure()) return;
    }
  }

  devices::Device* device_ = nullptr;
};

class CudaSweep : public CudaRuns, public ::testing::WithParamInterface<std::string> {};

TEST_P(CudaSweep, LoweringsEqualTheReferenceOnTheVirtualGpu) {
  std::vector<Sample> samples;
  for (const Sample& whole : samples_of(GetParam()))
    for (Sample& sample : with_short_axes(whole)) samples.push_back(std::move(sample));
  const std::vector<Trial> all = trials(samples, device_->target());
  ASSERT_FALSE(all.empty()) << "no sample is computed by a card's lowering";
  expect_references(all);
}

std::string name_of(const ::testing::TestParamInfo<std::string>& info) { return info.param; }
std::vector<std::string> ops_of_cards() {
  std::vector<std::string> out;
  for (const OpDef* op : ops::all_ops())
    if (!cuda_lowerings(*op).empty()) out.emplace_back(op->name);
  return out;
}
INSTANTIATE_TEST_SUITE_P(Ops, CudaSweep, ::testing::ValuesIn(ops_of_cards()), name_of);

class CudaTexts : public ::testing::TestWithParam<std::string> {};

TEST_P(CudaTexts, NvrtcCompilesThem) {
  if (environment("CORNU_VIRTUAL_GPU")) GTEST_SKIP() << "this process has the virtual GPU's compiler";
  if (const std::string& problem = cuda::opened<cuda::Nvrtc>().problem; !problem.empty()) GTEST_SKIP() << problem;
  std::vector<Sample> samples = samples_of(GetParam());
  for (Sample& sample : enlarged(samples)) samples.push_back(std::move(sample));
  const auto texts = texts_of(trials(samples, target::named_card("h100"), all_dtypes(), false));
  if (texts.empty()) GTEST_SKIP() << "a library's";
  EXPECT_EQ(cuda::module_text(texts).find("#include"), std::string::npos);
  constexpr int kArchitectures[] = {75, 80, 86, 89, 90, 100, 120};
  const auto names = ops_of_cards();
  const auto number = static_cast<std::size_t>(std::find(names.begin(), names.end(), GetParam()) - names.begin());
  const std::string cubin = cuda::compile(cuda::module_text(texts), kArchitectures[number % std::size(kArchitectures)]);
  constexpr int kRegisters = 64 << 10, kShared = 48 << 10,
                kCalls = 64;  // of a block, of a block, of a thread that calls a division
  for (const cuda::CubinKernel& kernel : cuda::kernels_of(cubin)) {
    EXPECT_LE(kernel.registers * kernel.max_threads, kRegisters) << kernel.name;
    EXPECT_LE(kernel.shared_bytes, kShared) << kernel.name;
    EXPECT_LE(kernel.stack_bytes, kCalls) << kernel.name << " spills, or indexes what should be in registers";
  }
}
INSTANTIATE_TEST_SUITE_P(Ops, CudaTexts, ::testing::ValuesIn(ops_of_cards()), name_of);

// What only larger operands reach: sixteen bytes at once, several blocks, tiles and passes, and numbers that are none.
TEST_F(CudaRuns, LargeOperandsEqualTheReference) {
  using namespace ops;
  const auto of = [](auto attributes) { return ir::Attributes::of(std::move(attributes)); };
  const DType dtypes[] = {float32, int8};
  const PoolAttributes plane{{3, 2}, {2, 1}, {1, 0}, {1, 1}, {}};
  PoolAttributes back = plane;
  back.extents = {9, 7};
  const std::vector<Sample> samples{
      {gather_op, of(GatherAttributes{1, 1, OutOfRange::fill}), {{{2, 30, 32}}, {{300, 1}, -40, 40, int64}}},
      {take_along_axis_op, of(AlongAxisAttributes{0}), {{{300, 4}}, {{500, 4}, -320, 320, int32}}},
      {add_along_axis_op, of(AlongAxisAttributes{0}), {{{300, 2}}, {{700, 2}, -320, 320, int32}, {{700, 2}}}},
      {scatter_op, of(ScatterAttributes{0, 1, OutOfRange::fill}), {{{40, 300}}, {{600, 1}, -50, 50, int32}, {{600, 300}}}},
      {scatter_op, of(ScatterAttributes{0, 1, OutOfRange::fill}), {{{60}}, {{600, 1}, -50, 80, int32}, {{600}}}},
      {concat_op, of(ConcatAttributes{1}), {{{20, 16}}, {{20, 32}}, {{20, 48}}}},
      {concat_op, of(ConcatAttributes{0}), std::vector<OperandSample>(20, {{3, 5}})},
      {pad_op, of(PadAttributes{{0, 1, 2, 0}, {0, 2, 0, 0}, {0, 0, 1, 0}, 1}), {{{3, 5, 7, 32}}}},
      {max_pool_op, of(plane), {{{2, 9, 7, 32}}}},
      {max_pool_op, of(plane), {{{2, 9, 7, 32}, -2, 2, float16}}},
      {max_pool_gradient_op, of(back), {{{2, 5, 7, 32}}, {{2, 5, 7, 32}, 0, 6, uint8}}},
      {average_pool_op, of(plane), {{{2, 9, 7, 32}}}},
      {average_pool_gradient_op, of(back), {{{2, 5, 7, 32}}}},
      {cumsum_op, of(CumulativeAttributes{1, true}), {{{3, 2500}}}},
      {cumsum_op, of(CumulativeAttributes{0}), {{{1200, 3}}}},
      {sort_op, of(SortAttributes{1}), {{{2, 1500}}}},
      {sort_op, of(SortAttributes{0, true, 2100}), {{{5000, 2}}}},
      {sort_op, of(SortAttributes{1, true, 3}), {{{3, 300}}}},
      {check_index_op, of(CheckIndexAttributes{10, "a test"}), {{{5000}, -3, 13, int32}}},
  };
  std::vector<Trial> all = trials(samples, device_->target(), dtypes);
  for (Trial& trial : all) {
    const OpDef& op = trial.node.outputs[0]->op();
    Array& x = trial.arguments[0];
    if (x.spec.dtype != float32 || (&op != &sort_op && &op != &max_pool_op)) continue;
    auto* values = reinterpret_cast<float*>(x.bytes.data());
    for (int64_t i = 0; i < x.spec.shape.elements(); i += 5)
      values[i] = i % 3 == 0 ? -0.0F : i % 3 == 1 ? 0.0F : i % 2 == 0 ? NAN : -INFINITY;
  }
  expect_references(all);
}

TEST(CudaSweepOfOps, EveryOpHasAKernelOfTheCards) {
  for (const OpDef* op : ops::all_ops()) {
    const bool needs_one = op->is_coarse() && !op->decompose && cuda_lowerings(*op).empty();
    EXPECT_TRUE(!needs_one || kHostSteps.contains(op->name)) << op->name << " has no lowering for a card, and no reason here";
  }
}

}  // namespace
}  // namespace cornu::testing
