// Every op's samples as programs of a card: walked, recorded and launched again, they give what the references give, and nothing is left
// to the host but control flow.

#include <gtest/gtest.h>

#include <algorithm>

#include "cornu/base/threads.h"
#include "cornu/ops/all_ops.h"
#include "cornu/ops/view/view.h"
#include "cornu/plan/device_runner.h"
#include "tests/gpu_test.h"
#include "tests/ops/sweep.h"

namespace cornu::testing {
namespace {

using ir::OpDef;
using ir::Value;

bool is_control_flow(const OpDef& op) { return op.name == "cond" || op.name == "while_loop" || op.name == "scan"; }

class CudaProgramsSlow : public cuda::GpuTest, public ::testing::WithParamInterface<std::string> {
 protected:
  void SetUp() override {
    GpuTest::SetUp();
    if (IsSkipped()) return;
    devices::initialize("a test");
    device_ = (*gpus)->find("GPU", 0);
  }

  void expect_references(const ir::Graph& graph, const std::vector<Array>& arguments, DType dtype, bool may_need_host) {
    const FlushDenormals flush;
    const auto expected = evaluate(graph, arguments);
    const plan::Function function{graph, static_cast<int>(graph.parameters.size()), 0, 0, {}};
    const auto program = plan::compile(function, device_->target(), "test");
    for (const plan::Step& step : program->steps)
      EXPECT_TRUE(may_need_host || step.kernel->kind() == TargetKind::cuda)
          << step.kernel->describe() << " is a step of the host";
    plan::DeviceRunner runner(program, *device_->runtime());
    std::vector<const void*> inputs;
    for (const Array& a : arguments) inputs.push_back(a.bytes.data());
    for (int run = 0; run < 3; ++run) {
      std::vector<Array> got;
      std::vector<void*> results;
      for (const ir::Spec& spec : program->results)
        got.push_back({spec, std::vector<std::byte>(static_cast<std::size_t>(ir::bytes_of(spec)))});
      for (Array& a : got) results.push_back(a.bytes.data());
      runner.start(inputs, results)->finish();
      expect_near(got, expected, dtype);
    }
  }

  devices::Device* device_ = nullptr;
};

// The last of a longer array along the first axis: operands that begin anywhere.
Value ending(const Value& longer) { return ops::slice_axis(longer, 0, 1, ops::kSliceEnd); }

TEST_P(CudaProgramsSlow, EqualTheReferences) {
  for (const Sample& sample : all_samples()) {
    if (sample.op.name != GetParam()) continue;
    const auto dtypes = dtypes_of(sample);
    // Floats of 32 bits, and the last, which is of another kind where the op has several.
    std::vector<DType> tried{std::find(dtypes.begin(), dtypes.end(), float32) == dtypes.end() ? dtypes.front() : float32};
    if (dtypes.back() != tried[0]) tried.push_back(dtypes.back());
    for (const DType dtype : tried) {
      SCOPED_TRACE(fmt::format("{} {}", describe(sample), dtype.name()));
      const auto specs = specs_of(sample, dtype);
      const bool may_need_host = is_control_flow(sample.op);
      expect_references(applied(sample, specs).graph(), arguments(sample, dtype), dtype, may_need_host);

      Sample around = sample;
      std::vector<Value> parameters, operands;
      for (std::size_t i = 0; i < specs.size(); ++i) {
        const bool has_axis = specs[i].shape.rank() > 0;
        if (has_axis) ++around.operands[i].shape[0];
        parameters.push_back(ir::parameter({specs[i].dtype, around.operands[i].shape}));
        operands.push_back(has_axis ? ending(parameters.back()) : parameters.back());
      }
      SCOPED_TRACE("operands are views");
      const ir::Graph graph{parameters, ir::make_node(sample.op, sample.attributes, operands)};
      expect_references(graph, arguments(around, dtype), dtype, may_need_host);
    }
    if (HasFailure()) return;
  }
}

std::vector<std::string> names_of_ops() {
  std::vector<std::string> out;
  for (const OpDef* op : ops::all_ops()) out.emplace_back(op->name);
  return out;
}
INSTANTIATE_TEST_SUITE_P(Ops, CudaProgramsSlow, ::testing::ValuesIn(names_of_ops()),
                         [](const ::testing::TestParamInfo<std::string>& info) { return info.param; });

}  // namespace
}  // namespace cornu::testing
