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
