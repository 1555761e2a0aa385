#include "cornu/ir/node.h"

#include <gtest/gtest.h>

#include "cornu/ir/graph.h"
#include "cornu/ir/leaf.h"

namespace cornu::ir {
namespace {

struct ScaleAttributes {
  double by = 1;
};
const OpDef scale_op = define_op(OpSpec<ScaleAttributes>{
    .name = "scale", .infer = [](const ScaleAttributes&, std::span<const Spec> in) { return std::vector<Spec>{in[0]}; }});

TEST(Node, EqualNodesAreOneNode) {
  Value x = parameter({float32, {2, 3}});
  Value a = apply(scale_op, ScaleAttributes{2}, {x}), b = apply(scale_op, ScaleAttributes{2}, {x});
  EXPECT_EQ(a, b);
  EXPECT_FALSE(a == apply(scale_op, ScaleAttributes{3}, {x}));
  EXPECT_FALSE(x == parameter({float32, {2, 3}}));
}

TEST(Node, AMillionNodesDieWithoutRecursion) {
  Value x = parameter({float32, {1}});
  for (int i = 0; i < 1000000; ++i) x = apply(scale_op, ScaleAttributes{double(i)}, {x});
  EXPECT_EQ(topological(std::vector{x}).size(), 1000001u);
}

TEST(Graph, StructuralHashIgnoresIdentity) {
  auto make = [](double by) {
    Value x = parameter({float32, {4}});
    return Graph{{x}, {apply(scale_op, ScaleAttributes{by}, {x})}};
  };
  EXPECT_EQ(structural_hash(make(2)), structural_hash(make(2)));
  EXPECT_NE(structural_hash(make(2)), structural_hash(make(3)));
  verify(make(2));
}

TEST(Graph, CallReplacesParameters) {
  Value x = parameter({float32, {4}}), y = parameter({float32, {4}});
  Graph graph{{x}, {apply(scale_op, ScaleAttributes{2}, {x})}};
  EXPECT_EQ(call(graph, std::vector{y})[0]->operand(0), y);
}

}  // namespace
}  // namespace cornu::ir
