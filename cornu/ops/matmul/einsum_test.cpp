#include "cornu/ops/matmul/einsum.h"

#include <gtest/gtest.h>

#include "cornu/ops/iota/iota.h"
#include "cornu/ops/view/view.h"
#include "tests/ops/evaluate.h"

namespace cornu::ops {
namespace {

using cornu::testing::evaluate;
using Values = std::vector<double>;

Value counted(const Shape& shape) { return reshape(iota(float32, {shape.elements()}, 0), shape); }
Values values(const std::string& subscripts, std::vector<Value> operands) {
  return evaluate(einsum(subscripts, std::move(operands))).values();
}

// Numbers from np.einsum of np.arange(n).reshape(shape).
TEST(Einsum, IsNumpys) {
  const Value a = counted({2, 3}), b = counted({3, 2}), v = counted({3});
  EXPECT_EQ(values("ij,jk->ik", {a, b}), (Values{10, 13, 28, 40}));
  EXPECT_EQ(values("ij , jk", {a, b}), (Values{10, 13, 28, 40}));
  EXPECT_EQ(values("ij,jk->ki", {a, b}), (Values{10, 28, 13, 40}));
  EXPECT_EQ(values("ij,kj->", {a, a}), Values{83});
  EXPECT_EQ(values("ij,ij->i", {a, a}), (Values{5, 50}));
  EXPECT_EQ(values("i,j,k->", {v, v, v}), Values{27});
  EXPECT_EQ(values("ij,jk,k->i", {a, b, counted({2})}), (Values{13, 40}));
  EXPECT_EQ(values("ba", {a}), (Values{0, 3, 1, 4, 2, 5}));
  EXPECT_EQ(values("iij->ij", {counted({2, 2, 2})}), (Values{0, 1, 6, 7}));
  EXPECT_EQ(values("ii", {counted({3, 3})}), Values{12});
  EXPECT_EQ(values("iii->i", {counted({2, 2, 2})}), (Values{0, 7}));
}

TEST(Einsum, EllipsesBroadcastFromTheRight) {
  EXPECT_EQ(einsum("...ij,...jk->...ik", {counted({5, 1, 2, 3}), counted({4, 3, 6})}).shape(), (Shape{5, 4, 2, 6}));
  EXPECT_EQ(values("i...->...", {counted({2, 3})}), (Values{3, 5, 7}));
  EXPECT_EQ(values("...,...", {counted({2}), counted({})}), (Values{0, 0}));
  EXPECT_EQ(values("...i->...", {counted({2, 3})}), (Values{3, 12}));
}

TEST(Einsum, UnknownDims) {
  constexpr int64_t none = Shape::kUnknown;
  const Value x = ir::parameter({float32, {none, none, 4}}), w = ir::parameter({float32, {4, 2, 3}});
  EXPECT_EQ(einsum("bqd,dhk->bqhk", {x, w}).shape(), (Shape{none, none, 2, 3}));
  EXPECT_EQ(einsum("bqd,bkd->bqk", {x, x}).shape(), (Shape{none, none, none}));
}

TEST(Einsum, SaysWhatItCannotRead) {
  for (const char* subscripts : {"ij,jk->ik", "ij->ijk", "i->i", "ij->ii", "ii", "i..j->i", "i1->i", "...i...->i"})
    EXPECT_THROW(einsum(subscripts, {counted({2, 3})}), ValueError) << subscripts;
  EXPECT_THROW(einsum("ij,jk->ik", {counted({2, 3}), counted({2, 3})}), ValueError);
}

}  // namespace
}  // namespace cornu::ops
