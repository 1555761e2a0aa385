#include "cornu/ops/pad/pad.h"

#include <gtest/gtest.h>

#include "cornu/ops/iota/iota.h"
#include "cornu/ops/view/view.h"
#include "tests/ops/op_samples.h"

namespace cornu::ops {
namespace {

using cornu::testing::Array;
using cornu::testing::evaluate;
using cornu::testing::Sample;
using Values = std::vector<double>;

Sample sample(const Shape& shape, PadAttributes a) { return {pad_op, ir::Attributes::of(std::move(a)), {{shape}}}; }

CORNU_SAMPLES({
    sample({2, 3}, {{1, 0}, {0, 2}, {0, 0}, 3}),
    sample({3, 4}, {{1, -1}, {-1, 2}, {2, 0}}),
    sample({4}, {{-2}, {-1}, {3}}),
    sample({3}, {{-3}, {-2}, {1}}),
    sample({0, 2}, {{1, 1}, {1, 1}, {1, 1}, 1}),
    sample({1, 1, 2}, {{0, 2, 0}, {0, 0, 1}, {1, 1, 0}}),
    sample({}, {}),
})

Value counted(const Shape& shape) { return reshape(iota(int32, {shape.elements()}, 0), shape) + 1; }

TEST(Pad, SurroundsSeparatesAndCuts) {
  EXPECT_EQ(evaluate(pad(counted({2}), {1}, {2}, {1}, 9)).values(), (Values{9, 1, 9, 2, 9, 9}));
  EXPECT_EQ(evaluate(pad(counted({4}), {-1}, {-1})).values(), (Values{2, 3}));
  EXPECT_EQ(pad(counted({4}), {0}, {0}), counted({4}));
  EXPECT_THROW(pad(counted({4}), {-3}, {-2}), ValueError);
  EXPECT_THROW(pad(counted({4}), {1, 1}, {1, 1}), ValueError);
}

TEST(Pad, CopyEqualsReference) {
  for (const Sample& s : cornu::testing::all_samples()) {
    if (&s.op != &pad_op) continue;
    const Value x = ir::parameter({int16, s.operands[0].shape}), y = ir::make_node(pad_op, s.attributes, {x})[0];
    auto in = arguments(s, int16);
    const Array expected = evaluate({{x}, {y}}, in)[0];
    Array found = expected;
    std::fill(found.bytes.begin(), found.bytes.end(), std::byte{77});
    void* operands[] = {in[0].bytes.data(), found.bytes.data()};
    const auto lowered = pad_cpu_lowerings()[0].lower({y.node(), {}}, 0, {Target{}, {}});
    lowered.kernel->run({operands, nullptr, nullptr, nullptr, 1});
    EXPECT_EQ(found.values(), expected.values()) << s.attributes.text();
  }
}

}  // namespace
}  // namespace cornu::ops
