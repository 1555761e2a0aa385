#include "cornu/cornu.h"
#include "tests/expect_error.h"
#include "tests/golden_file.h"

namespace cornu::keras {
namespace {

TEST(Losses, RefuseWhatTheyCannotUse) {
  expect_error<ValueError>([] { losses::Huber({.reduction = "average"}); }, "reduction=average");
  expect_error<ValueError>([] { losses::BinaryFocalCrossentropy({.label_smoothing = 1.5}); }, "label_smoothing=1.5");
  expect_error<ValueError>([] { losses::CategoricalGeneralizedCrossEntropy({.q = 1.0}); }, "Received: q=1");
  expect_error<ValueError>([] { Loss("hubert"); }, "Could not interpret loss identifier: 'hubert'");
}

// Each class's golden cases are its function's too.
TEST(Losses, AFunctionIsItsClassWithoutReduction) {
  using namespace losses;
  const Tensor p = ops::softmax(random::uniform({4, 3}, -1.0, 1.0)), t = ops::softmax(random::uniform({4, 3}, -1.0, 1.0));
#define CORNU_EXPECT_SAME(function, Class) expect_close(function(t, p), Class({.reduction = "none"})(t, p), #function)
  CORNU_EXPECT_SAME(hinge, Hinge);
  CORNU_EXPECT_SAME(squared_hinge, SquaredHinge);
  CORNU_EXPECT_SAME(categorical_hinge, CategoricalHinge);
  CORNU_EXPECT_SAME(categorical_focal_crossentropy, CategoricalFocalCrossentropy);
  CORNU_EXPECT_SAME(kl_divergence, KLDivergence);
  CORNU_EXPECT_SAME(poisson, Poisson);
  CORNU_EXPECT_SAME(mean_absolute_error, MeanAbsoluteError);
  CORNU_EXPECT_SAME(mean_absolute_percentage_error, MeanAbsolutePercentageError);
  CORNU_EXPECT_SAME(mean_squared_logarithmic_error, MeanSquaredLogarithmicError);
  CORNU_EXPECT_SAME(log_cosh, LogCosh);
  CORNU_EXPECT_SAME(dice, Dice);
  CORNU_EXPECT_SAME(tversky, Tversky);
#undef CORNU_EXPECT_SAME
  const Tensor classes(std::vector<int>{0, 2, 1, 1}, {4, 1});
  expect_close(categorical_generalized_cross_entropy(classes, p, 0.5),
               CategoricalGeneralizedCrossEntropy({.q = 0.5, .reduction = "none"})(classes, p), "generalized");
}

TEST(Losses, OfAnotherClassAxis) {
  const Tensor y_true = ops::cast(random::randint({2, 3}, 0, 4), int32), scores = random::uniform({2, 3, 4}, -1.0, 1.0);
  expect_close(losses::sparse_categorical_crossentropy(y_true, ops::moveaxis(scores, -1, 1), true, {}, 1),
               losses::sparse_categorical_crossentropy(y_true, scores, true), "axis 1");
}

TEST(Losses, CircleAgainstReferences) {
  const Tensor labels(std::vector<int>{0, 1, 0, 2}), embeddings = ops::normalize(random::uniform({4, 3}, -1.0, 1.0));
  expect_close(losses::circle(labels, embeddings, labels, embeddings), losses::circle(labels, embeddings), "its own references");
}

}  // namespace
}  // namespace cornu::keras
