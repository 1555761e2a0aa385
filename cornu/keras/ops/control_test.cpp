#include "cornu/keras/ops/control.h"

#include <gtest/gtest.h>

#include <set>

#include "cornu/cornu.h"

namespace cornu::keras::ops {
namespace {

using Tensors = std::vector<Tensor>;
using Floats = std::vector<float>;

Tensor row(const Floats& values) { return Tensor(values); }
Floats read(const Tensor& t) { return t.to_vector<float>(); }

template <class F>
void expect_value_error(F&& f, const std::vector<std::string>& parts) {
  try {
    f();
    FAIL() << "no error";
  } catch (const ValueError& e) {
    for (const auto& part : parts) EXPECT_NE(std::string(e.what()).find(part), std::string::npos) << e.what();
  }
}

// --- forms of states and results ---

TEST(ControlForms, AResultHasTheFormOfWhatItWasMadeFrom) {
  const Tensor x = row({1, 2});
  const Tensor one = cond(
      true, [&] { return x; }, [&] { return x * 2; });
  const Tensors list = cond(
      false,
      [&] {
        return Tensors{x, x};
      },
      [&] {
        return Tensors{x * 2, x * 3};
      });
  const TensorNest dict = cond(
      true,
      [&] {
        return TensorNest({{"a", TensorNest(x)}, {"b", TensorNest(x * 2)}});
      },
      [&] {
        return TensorNest({{"a", TensorNest(x)}, {"b", TensorNest(x)}});
      });
  EXPECT_EQ(read(one), (Floats{1, 2}));
  EXPECT_EQ(read(list[1]), (Floats{3, 6}));
  EXPECT_EQ(read(dict["b"].leaf()), (Floats{2, 4}));
}

TEST(ControlForms, LoopVariablesComeAsOneListOrOneByOne) {
  const auto by_one = while_loop([](Tensor i, Tensor) { return less(i, 3); },
                                 [](Tensor i, Tensor v) {
                                   return Tensors{i + 1, v * 2.0};
                                 },
                                 {0, row({1})});
  const auto as_list = while_loop([](const Tensors& s) { return less(s[0], 3); },
                                  [](const Tensors& s) {
                                    return Tensors{s[0] + 1, s[1] * 2.0};
                                  },
                                  {0, row({1})});
  EXPECT_EQ(read(by_one[1]), read(as_list[1]));
  EXPECT_EQ(while_loop([](Tensor i) { return less(i, 10); }, [](Tensor i) { return i + 1; }, 0).item<int>(), 10);
}

TEST(ControlForms, ANumberTakesTheDtypeOfWhatBecomesOfIt) {
  const Tensor x(std::vector<double>{1, 2, 3});
  const auto [last, sums] = scan([](const Tensor& sum, const Tensor& in) { return std::pair(sum + in, sum); }, 0, x);
  EXPECT_EQ(last.dtype(), float64);
  EXPECT_EQ(last.item<double>(), 6);
  EXPECT_EQ(cond(
                true, [] { return 1; }, [&] { return x[0]; })
                .dtype(),
            float64);
}

TEST(ControlForms, SequencesAndResultsMayBeNests) {
  const TensorNest xs({{"a", TensorNest(row({1, 2, 3}))}, {"b", TensorNest(row({10, 20, 30}))}});
  const auto [last, ys] = scan(
      [](const Tensor& c, const TensorNest& x) {
        return std::pair(c + x["a"].leaf(),
                         TensorNest({{"sum", TensorNest(x["a"].leaf() + x["b"].leaf())}, {"carry", TensorNest(c)}}));
      },
      0.0, xs);
  EXPECT_EQ(last.item<float>(), 6);
  EXPECT_EQ(read(ys["sum"].leaf()), (Floats{11, 22, 33}));
  EXPECT_EQ(read(ys["carry"].leaf()), (Floats{0, 1, 3}));
}

// --- semantics ---

TEST(Cond, ABranchThatIsNotTakenAssignsNothing) {
  for (bool traced : {false, true}) {
    Variable a(row({1})), b(row({2}));
    const auto f = [&](const TensorNest& in) -> TensorNest {
      cond(
          in.leaf(), [&] { a.assign(a * 10.0); }, [&] { b.assign(a + b); });
      return a + b;
    };
    const auto run = [&](bool pred) {
      return traced ? jit(f)(TensorNest(cast(Tensor(pred ? 1.0 : 0.0), bool_))) : f(TensorNest(Tensor(pred)));
    };
    EXPECT_EQ(read(run(true).leaf()), Floats{12});
    EXPECT_EQ(read(run(false).leaf()), Floats{22});
    EXPECT_EQ(read(a), Floats{10});
    EXPECT_EQ(read(b), Floats{12});
  }
}

TEST(Scan, AVariableAssignedInTheBodyIsCarried) {
  for (bool traced : {false, true}) {
    Variable total(row({0})), untouched(row({5}));
    const auto f = [&](const TensorNest& xs) -> TensorNest {
      const auto before = scan(
          [&](const Tensor& c, const Tensor& x) {
            total.assign(total + x * untouched);
            return std::pair(c, total.value());
          },
          0, xs.leaf());
      return TensorNest(Tensors{before.second, total.value()});
    };
    const auto found = (traced ? jit(f)(TensorNest(row({1, 2, 3}))) : f(TensorNest(row({1, 2, 3})))).flatten();
    EXPECT_EQ(read(found[0]), (Floats{5, 15, 30}));
    EXPECT_EQ(read(found[1]), Floats{30});
    EXPECT_EQ(read(total), Floats{30});
  }
}

TEST(WhileLoop, AVariableAssignedInTheBodyIsSeenByTheCondition) {
  Variable v(row({1}));
  const Tensor steps = while_loop([&](Tensor) { return less(sum(v), 100); },
                                  [&](Tensor i) {
                                    v.assign(v * 3.0);
                                    return i + 1;
                                  },
                                  0);
  EXPECT_EQ(steps.item<int>(), 5);
  EXPECT_EQ(read(v), Floats{243});
}

TEST(Scan, EachStepDrawsItsOwnNumbers) {
  const SeedGenerator seeds(3);
  const auto draw = [&] {
    const auto step = [&](const Tensor& c, const Tensor&) { return std::pair(c, keras::random::uniform({2}, 0, 1, {}, seeds)); };
    return scan(step, 0, Tensor(), {.length = 3}).second;
  };
  const auto numbers = read(draw()), later = read(draw());
  std::set<float> all(numbers.begin(), numbers.end());
  all.insert(later.begin(), later.end());
  EXPECT_EQ(all.size(), 12u);
  const SeedGenerator again(3);
  EXPECT_EQ(read(keras::random::uniform({2}, 0, 1, {}, again)), (Floats{numbers[0], numbers[1]}));
}

TEST(ForiLoop, WithTensorsAsBoundsIsAWhileLoop) {
  const auto f = jit([](const TensorNest& in) -> TensorNest {
    return fori_loop(
        in.flatten()[0], in.flatten()[1], [](const Tensor& i, const Tensor& v) { return v * 2.0 + i; }, 1.0);
  });
  const auto run = [&](int32_t a, int32_t b) {
    return f(TensorNest(Tensors{Tensor(std::vector<int32_t>{a}, {}), Tensor(std::vector<int32_t>{b}, {})})).leaf().item<float>();
  };
  EXPECT_EQ(run(0, 3), 12);
  EXPECT_EQ(run(2, 2), 1);
  EXPECT_EQ(fori_loop(
                0, 3, [](const Tensor& i, const Tensor& v) { return v * 2.0 + i; }, 1.0)
                .item<float>(),
            12);
  EXPECT_EQ(fori_loop(
                3, 0, [](const Tensor&, const Tensor& v) { return v; }, 1.0)
                .item<float>(),
            1);
}

TEST(WhileLoop, WithAMaximumHasAGradient) {
  const auto grads = value_and_grad([](const Tensors& x) {
    return sum(while_loop([](Tensor i, Tensor) { return less(i, 2); },
                          [&](Tensor i, Tensor v) {
                            return Tensors{i + 1, v * x[0]};
                          },
                          {0, x[0]}, {.maximum_iterations = 5})[1]);
  })({row({2, 3})});
  EXPECT_EQ(grads.value.item<float>(), 8 + 27);
  EXPECT_EQ(read(grads.grads[0]), (Floats{12, 27}));
}

TEST(Map, GoesAlongTheFirstAxisOfEachTensor) {
  const Tensors both{row({1, 2, 3}), Tensor(Floats{1, 2, 3, 4, 5, 6}, {3, 2})};
  const Tensor out = map([](Tensor a, Tensor b) { return a * b; }, both);
  EXPECT_EQ(out.shape(), (Shape{3, 2}));
  EXPECT_EQ(read(out), (Floats{1, 2, 6, 8, 15, 18}));
  EXPECT_EQ(read(vectorized_map([](const Tensors& list) { return list[0] * list[1]; }, both)), read(out));
  EXPECT_EQ(read(map([](Tensor a) { return Tensors{a, a * 10.0}; }, both[0])[1]), (Floats{10, 20, 30}));
}

TEST(AssociativeScan, IsAScanForEveryExtent) {
  for (int64_t extent : {1, 2, 3, 4, 5, 8, 13})
    for (bool reverse : {false, true}) {
      const Tensor x = keras::random::uniform({2, extent}, 0, 1, {}, 7);
      const Tensor got =
          associative_scan([](const Tensor& a, const Tensor& b) { return a + b; }, x, {.reverse = reverse, .axis = 1});
      auto want = read(x);
      for (int64_t r = 0; r < 2; ++r)
        for (int64_t i = 1; i < extent; ++i) {
          const int64_t at = r * extent + (reverse ? extent - 1 - i : i), from = reverse ? at + 1 : at - 1;
          want[at] += want[from];
        }
      const auto found = read(got);
      for (std::size_t i = 0; i < want.size(); ++i) EXPECT_NEAR(found[i], want[i], 1e-5);
    }
}

// --- errors ---

TEST(ControlErrors, SayWhatCameAndWhatWasWanted) {
  const Tensor x = row({1, 2, 3});
  const auto same = [&] { return x; };
  const auto keep = [](const Tensor& c, const Tensor&) { return std::pair(c, c); };
  const auto grow = [](const Tensor& c, const Tensor&) { return std::pair(stack({c, c}), c); };
  expect_value_error([&] { cond(x, same, same); }, {"`pred`", "(3,)"});
  expect_value_error([&] { cond(true, same, [&] { return x[0]; }); },
                     {"same kind (struct, dtype and shape)", "float32 (3,)", "float32 ()"});
  expect_value_error([&] { cond(true, same, [&] { return cast(x, int32); }); }, {"int32 (3,)"});
  expect_value_error([&] { scan(grow, x, x); }, {"`scan`", "float32 (3,)", "(2, 3)"});
  expect_value_error([&] { scan(keep, x, Tensor()); }, {"`length`"});
  expect_value_error([&] { scan(keep, x, x, {.length = 4}); }, {"length=4", "(3,)"});
  expect_value_error([&] { scan(keep, x, x, {.unroll = 0}); }, {"unroll=0"});
  expect_value_error([&] { while_loop([](Tensor v) { return less(v, 3); }, [](Tensor v) { return v + 1; }, x); },
                     {"`cond`", "scalar", "bool (3,)"});
  expect_value_error([&] { switch_(0.5, {[](Tensor v) { return v; }}, {x}); }, {"`index`", "float32"});
}

TEST(ControlErrors, AnErrorInABodyLeavesTheTraceAroundItUsable) {
  Variable v(row({1}));
  const auto f = jit([&](const TensorNest& in) -> TensorNest {
    EXPECT_THROW(scan(
                     [&](const Tensor& c, const Tensor& x) {
                       v.assign(v + 1.0);
                       if (x.rank() == 0) throw ValueError("no");
                       return std::pair(c, x);
                     },
                     0, in.leaf()),
                 ValueError);
    EXPECT_THROW(cond(
                     true, [&] { return in.leaf() * 2; }, []() -> Tensor { throw RuntimeError("no"); }),
                 RuntimeError);
    v.assign(v * 2.0);
    return in.leaf() + v;
  });
  EXPECT_EQ(read(f(TensorNest(row({1, 2}))).leaf()), (Floats{3, 4}));
  EXPECT_EQ(read(v), Floats{2});
}

TEST(ControlErrors, ReadingATensorInABodyNamesTheWaysOut) {
  try {
    scan([](const Tensor& c, const Tensor& x) { return std::pair(sum(x) ? c : c * 2, x); }, 0.0, row({1, 2}));
    FAIL();
  } catch (const RuntimeError& e) {
    EXPECT_NE(std::string(e.what()).find("cond"), std::string::npos);
  }
}

// --- in a functional model ---

TEST(ControlInModels, RunsAndCannotBeSaved) {
  auto x = Input({None, 2});
  // Batches of sequences of any length, time first.
  const auto decayed = [](const Tensor& c, const Tensor& in) { return std::pair(c * 0.5 + in, in); };
  const auto scanned = scan(decayed, sum(x, 1) * 0.0, transpose(x, std::vector<int>{1, 0, 2}));
  const Model last({x}, scanned.first);
  EXPECT_EQ(read(last.predict(Tensor(Floats{1, 2, 3, 4}, {1, 2, 2}), {.verbose = 0})), (Floats{3.5, 5}));
  EXPECT_EQ(read(last.predict(Tensor(Floats{1, 2}, {1, 1, 2}), {.verbose = 0})), (Floats{1, 2}));
  const Model model({x}, switch_(1, {[](Tensor v) { return v; }, [](Tensor v) { return v * 3.0; }}, {x}));
  EXPECT_EQ(read(model.predict(Tensor(Floats{1, 2, 3, 4}, {1, 2, 2}), {.verbose = 0})), (Floats{3, 6, 9, 12}));
  expect_value_error([&] { model.to_json(); }, {"keras.ops.switch", "C++ functions"});
  expect_value_error(
      [&] {
        cond(
            true, [&] { return x * 2; }, [&] { return x; });
      },
      {"symbolic", "`cond`"});
}

}  // namespace
}  // namespace cornu::keras::ops
