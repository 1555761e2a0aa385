// Every lowering for a card, for every sample and dtype: on the virtual GPU it computes what the record's reference says, and the real
// NVRTC compiles its texts.

#include <gtest/gtest.h>

#include <map>

#include "cornu/backend/cuda/kernel.h"
#include "cornu/backend/cuda/nvrtc.h"
#include "cornu/backend/cuda/text_kernel.h"
#include "cornu/base/threads.h"
#include "cornu/ops/all_ops.h"
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
    {"cond", "control flow"}, {"while_loop", "control flow"},     {"scan", "control flow"},
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

// Short axes change launches and no text: `with_short_axes` tries them too.
std::vector<Trial> trials(const OpDef& op, const Target& target, bool with_short_axes) {
  std::vector<Trial> out;
  const ir::LoweringContext context{target, nullptr};
  for (const Sample& whole : all_samples()) {
    if (&whole.op != &op) continue;
    std::vector<Sample> samples{whole};
    if (with_short_axes)
      for (Sample& sample : shrunk(whole)) samples.push_back(std::move(sample));
    for (const Sample& sample : samples)
      for (const DType dtype : dtypes_of(sample))
        for (const Lowering* lowering : cuda_lowerings(op)) {
          const Applied node = applied(sample, specs_of(sample, dtype));
          const ir::Offer offer{node.outputs[0].node(), {}};
          if (lowering->supports(offer, target).refused()) continue;
          out.push_back({fmt::format("{} [{}] {}", describe(sample), lowering->name, dtype.name()), node,
                         arguments(sample, dtype), dtype, lowering->lower(offer, 0, context)});
        }
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

class CudaSweep : public cuda::GpuTest, public ::testing::WithParamInterface<const OpDef*> {
 protected:
  void SetUp() override {
    GpuTest::SetUp();
    if (IsSkipped()) return;
    devices::initialize("a test");
    device_ = (*gpus)->find("GPU", 0);
  }

  devices::Allocator::Piece upload(const std::byte* from, std::size_t bytes) {
    auto piece = device_->runtime()->memory().allocate(std::max<std::size_t>(bytes, 1), "operand");
    device_->runtime()->copy_in(piece.address(), from, bytes);
    return piece;
  }

  // The results; whatever lies behind them must stay as it is.
  std::vector<Array> run(const Trial& trial) {
    constexpr std::size_t kGuard = 64;
    constexpr std::byte kUntouched{0xcd};
    devices::Runtime& runtime = *device_->runtime();
    std::vector<devices::Allocator::Piece> pieces;
    std::vector<void*> operands;
    const auto add = [&](devices::Allocator::Piece piece) {
      operands.push_back(reinterpret_cast<void*>(piece.address()));
      pieces.push_back(std::move(piece));
    };
    for (const ir::Value& v : trial.lowered.inputs)
      for (std::size_t i = 0; i < trial.node.parameters.size(); ++i)
        if (trial.node.parameters[i] == v) add(upload(trial.arguments[i].bytes.data(), trial.arguments[i].bytes.size()));
    for (const ir::Value& v : trial.lowered.outputs) {
      const std::vector<std::byte> fresh(static_cast<std::size_t>(ir::bytes_of(v.spec())) + kGuard, kUntouched);
      add(upload(fresh.data(), fresh.size()));
    }
    const auto scratch = runtime.memory().allocate(std::max<std::size_t>(trial.lowered.kernel->scratch_bytes(), 1), "scratch");
    const auto state = trial.lowered.kernel->make_state();
    ir::StatusWord status;
    const ir::KernelCall call{operands.data(), reinterpret_cast<std::byte*>(scratch.address()), state.get(), &status, 1,
                              runtime.handle()};
    trial.lowered.kernel->prepare(call);
    trial.lowered.kernel->run(call);
    std::vector<Array> out;
    for (const ir::Value& v : trial.node.outputs) {
      std::size_t at = trial.lowered.inputs.size();
      while (!(trial.lowered.outputs.at(at - trial.lowered.inputs.size()) == v)) ++at;
      std::vector<std::byte> bytes(static_cast<std::size_t>(ir::bytes_of(v.spec())) + kGuard);
      runtime.copy_out(bytes.data(), pieces[at].address(), bytes.size());
      for (std::size_t i = bytes.size() - kGuard; i < bytes.size(); ++i)
        EXPECT_EQ(bytes[i], kUntouched) << "written past the end";
      bytes.resize(bytes.size() - kGuard);
      out.push_back({v.spec(), std::move(bytes)});
    }
    return out;
  }

  devices::Device* device_ = nullptr;
};

TEST_P(CudaSweep, LoweringsEqualTheReferenceOnTheVirtualGpu) {
  const FlushDenormals flush;
  const std::vector<Trial> all = trials(*GetParam(), device_->target(), true);
  ASSERT_FALSE(all.empty()) << "no sample is computed by a card's lowering";
  cuda::load_together(*static_cast<cuda::Runtime*>(device_->runtime()->handle()), texts_of(all));
  for (const Trial& trial : all) {
    SCOPED_TRACE(trial.name);
    const auto expected = evaluate(trial.node.graph(), trial.arguments), first = run(trial), second = run(trial);
    expect_near(first, expected, trial.dtype);
    // The virtual GPU runs threads in another order each time.
    for (std::size_t i = 0; i < first.size(); ++i) EXPECT_EQ(first[i].bytes, second[i].bytes);
    if (HasFailure()) return;
  }
}

std::string name_of(const ::testing::TestParamInfo<const OpDef*>& info) { return std::string(info.param->name); }
std::vector<const OpDef*> ops_of_cards() {
  std::vector<const OpDef*> out;
  for (const OpDef* op : ops::all_ops())
    if (!cuda_lowerings(*op).empty()) out.push_back(op);
  return out;
}
INSTANTIATE_TEST_SUITE_P(Ops, CudaSweep, ::testing::ValuesIn(ops_of_cards()), name_of);

class CudaTexts : public ::testing::TestWithParam<const OpDef*> {};

TEST_P(CudaTexts, NvrtcCompilesThem) {
  if (const std::string& problem = cuda::opened<cuda::Nvrtc>().problem; !problem.empty()) GTEST_SKIP() << problem;
  const auto texts = texts_of(trials(*GetParam(), target::named_card("h100"), false));
  if (texts.empty()) GTEST_SKIP() << "a library's";
  EXPECT_GT(cuda::compile(cuda::module_text(texts), 90).size(), 1000u);
  EXPECT_EQ(cuda::module_text(texts).find("#include"), std::string::npos);
}
INSTANTIATE_TEST_SUITE_P(Ops, CudaTexts, ::testing::ValuesIn(ops_of_cards()), name_of);

TEST(CudaSweepOfOps, EveryOpHasAKernelOfTheCards) {
  for (const OpDef* op : ops::all_ops()) {
    const bool needs_one = op->is_coarse() && !op->decompose && cuda_lowerings(*op).empty();
    EXPECT_TRUE(!needs_one || kHostSteps.contains(op->name)) << op->name << " has no lowering for a card, and no reason here";
  }
}

}  // namespace
}  // namespace cornu::testing
