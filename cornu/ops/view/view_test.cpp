#include "cornu/ops/view/view.h"

#include <gtest/gtest.h>

#include "cornu/ops/iota/iota.h"
#include "tests/ops/op_samples.h"

namespace cornu::ops {
namespace {

using cornu::testing::evaluate;
using cornu::testing::Sample;
using ir::Attributes;
using Values = std::vector<double>;

Sample reshaping(const Shape& from, const Shape& to) { return {reshape_op, Attributes::of(ReshapeAttributes{to}), {{from}}}; }
Sample transposing(const Shape& from, std::vector<int> axes) {
  return {transpose_op, Attributes::of(TransposeAttributes{axes}), {{from}}};
}
Sample broadcasting(const Shape& from, const Shape& to) {
  return {broadcast_op, Attributes::of(BroadcastAttributes{to}), {{from}}};
}
Sample slicing(const Shape& from, SliceAttributes a) { return {slice_op, Attributes::of(std::move(a)), {{from}}}; }

CORNU_SAMPLES({
    reshaping({2, 3}, {3, 2}),
    reshaping({4}, {2, 1, 2}),
    reshaping({1}, {}),
    reshaping({0, 3}, {3, 0}),
    transposing({2, 3, 4}, {2, 0, 1}),
    transposing({1, 0}, {1, 0}),
    broadcasting({2, 1}, {3, 2, 4}),
    broadcasting({}, {2}),
    broadcasting({1}, {0}),
    slicing({4, 5}, {{1, 0}, {3, 5}, {1, 2}}),
    slicing({5}, {{kSliceEnd}, {kSliceEnd}, {-2}}),
    slicing({6}, {{4}, {0}, {-3}}),
    slicing({3}, {{-2}, {kSliceEnd}, {1}}),
    slicing({3, 2}, {{2, 0}, {1, 2}, {1, 1}}),
    slicing({0}, {{0}, {kSliceEnd}, {1}}),
    {barrier_op, {}, {{{2, 3}}}},
    {ir::copy_op, {}, {{{2, 3}}}},
    {ir::copy_op, {}, {{{0}}}},
})

Value counted(const Shape& shape) { return reshape(iota(int32, {shape.elements()}, 0), shape); }

std::optional<ir::StridedView> view_of(const Value& v, const ir::StridedView& base) {
  return v->op().view(v->attributes(), v->operand(0).spec(), v.spec(), base);
}

TEST(View, ReshapeTakesTheRest) {
  EXPECT_EQ(reshape(counted({6}), {2, -1}).shape(), (Shape{2, 3}));
  EXPECT_THROW(reshape(counted({6}), {4, -1}), ValueError);
  EXPECT_THROW(reshape(counted({6}), {-1, -1}), ValueError);
  Value unknown = ir::parameter({float32, {Shape::kUnknown, 4}});
  EXPECT_EQ(reshape(unknown, {-1, 2, 2}).shape(), (Shape{Shape::kUnknown, 2, 2}));
}

TEST(View, NothingToDoIsTheOperand) {
  Value x = counted({2, 3});
  EXPECT_EQ(reshape(x, {2, 3}), x);
  EXPECT_EQ(transpose(x, {0, 1}), x);
  EXPECT_EQ(broadcast_to(x, {2, 3}), x);
  EXPECT_EQ(slice(x, {0, -3}, {2, kSliceEnd}), x);
  EXPECT_FALSE(barrier(x) == barrier(x));
}

TEST(View, ReshapeOfATransposeSplitsButDoesNotMerge) {
  Value x = ir::parameter({float32, {4, 6}});
  const ir::StridedView transposed{0, {1, 4}};  // of a dense (6, 4)
  EXPECT_EQ(view_of(reshape(x, {2, 2, 6}), transposed)->strides, (std::vector<int64_t>{2, 1, 4}));
  EXPECT_EQ(view_of(reshape(x, {4, 1, 2, 3}), transposed)->strides, (std::vector<int64_t>{1, 0, 12, 4}));
  EXPECT_FALSE(view_of(reshape(x, {24}), transposed));
  EXPECT_FALSE(view_of(reshape(x, {3, 8}), transposed));
}

TEST(View, SliceIsPythons) {
  Value x = counted({6});
  EXPECT_EQ(evaluate(slice(x, {-2}, {kSliceEnd})).values(), (Values{4, 5}));
  EXPECT_EQ(evaluate(slice(x, {1}, {100}, {2})).values(), (Values{1, 3, 5}));
  EXPECT_EQ(evaluate(slice(x, {4}, {1}, {-2})).values(), (Values{4, 2}));
  EXPECT_EQ(evaluate(slice(x, {kSliceEnd}, {kSliceEnd}, {-3})).values(), (Values{5, 2}));
  EXPECT_EQ(slice(x, {4}, {2}).shape(), (Shape{0}));
  EXPECT_EQ(evaluate(flip(counted({2, 2}), {0, 1})).values(), (Values{3, 2, 1, 0}));
  EXPECT_THROW(slice(x, {0}, {3}, {0}), ValueError);
}

TEST(View, TransposeMovesAxes) {
  Value x = counted({2, 3, 4});
  EXPECT_EQ(moveaxis(x, 0, -1).shape(), (Shape{3, 4, 2}));
  EXPECT_EQ(swapaxes(x, 0, 2).shape(), (Shape{4, 3, 2}));
  EXPECT_EQ(evaluate(transpose(counted({2, 3}))).values(), (Values{0, 3, 1, 4, 2, 5}));
  EXPECT_THROW(transpose(x, {0, 0, 1}), ValueError);
}

TEST(View, BroadcastGrowsOnly) {
  EXPECT_EQ(evaluate(broadcast_to(counted({2, 1}), {2, 2})).values(), (Values{0, 0, 1, 1}));
  EXPECT_THROW(broadcast_to(counted({2}), {1}), ValueError);
  EXPECT_THROW(broadcast_to(counted({2, 3}), {3}), ValueError);
}

TEST(View, Diagonals) {
  EXPECT_EQ(evaluate(diagonal(counted({2, 3}), 0, 0, 1)).values(), (Values{0, 4}));
  EXPECT_EQ(evaluate(diagonal(counted({3, 2}), -1, 0, 1)).values(), (Values{2, 5}));
  EXPECT_EQ(evaluate(diagonal(counted({2, 2, 2}), 0, 0, -1)).values(), (Values{0, 5, 2, 7}));
  EXPECT_EQ(diagonal(counted({2, 3}), 5, 0, 1).shape(), (Shape{0}));
  EXPECT_THROW(diagonal(counted({2, 2}), 0, 1, -1), ValueError);
  EXPECT_EQ(evaluate(diagonal_matrix(counted({2}) + 1, 1)).values(), (Values{0, 1, 0, 0, 0, 2, 0, 0, 0}));
  EXPECT_EQ(evaluate(diagonal_matrix(counted({2}) + 1, 0)).values(), (Values{1, 0, 0, 2}));
  EXPECT_EQ(evaluate(diagonal_matrix(counted({1}) + 1, -1)).values(), (Values{0, 0, 1, 0}));
  EXPECT_EQ(diagonal(ir::parameter({float32, {Shape::kUnknown, 3}}), 0, 0, 1).shape(), (Shape{Shape::kUnknown}));
}

TEST(View, SqueezeAndExpandDims) {
  EXPECT_EQ(squeeze(counted({1, 3, 1})).shape(), (Shape{3}));
  EXPECT_EQ(squeeze(counted({1, 3, 1}), {-1}).shape(), (Shape{1, 3}));
  EXPECT_EQ(expand_dims(counted({2}), -1).shape(), (Shape{2, 1}));
  EXPECT_THROW(squeeze(counted({2}), {0}), ValueError);
}

}  // namespace
}  // namespace cornu::ops
