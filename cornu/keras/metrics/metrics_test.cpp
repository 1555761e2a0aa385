#include "cornu/cornu.h"
#include "tests/expect_error.h"
#include "tests/golden_file.h"

namespace cornu::keras {
namespace {

TEST(Metrics, RefuseWhatTheyCannotUse) {
  expect_error<ValueError>([] { metrics::BinaryAccuracy({.threshold = 1.0}); }, "threshold=1");
  expect_error<ValueError>([] { metrics::TopKCategoricalAccuracy({.k = 0}); }, "k=0");
  expect_error<ValueError>([] { metrics::Precision({.thresholds = {0.2, 1.5}}); }, "must be in [0, 1]. Received: [1.5]");
  expect_error<ValueError>([] { metrics::PrecisionAtRecall({}); }, "Argument `recall` must be in the range [0, 1]");
  expect_error<ValueError>([] { metrics::RecallAtPrecision({.num_thresholds = 0, .precision = 0.5}); }, "num_thresholds=0");
  expect_error<ValueError>([] { metrics::AUC({.num_thresholds = 1}); }, "num_thresholds=1");
  expect_error<ValueError>([] { metrics::AUC({.curve = "roc curve"}); }, "Invalid AUC curve value: \"roc curve\"");
  expect_error<ValueError>([] { metrics::AUC({.summation_method = "middle"}); }, "[interpolation, majoring, minoring]");
  expect_error<ValueError>([] { metrics::AUC({.num_labels = 2}); }, "`num_labels` is needed only when `multi_label`");
  expect_error<ValueError>([] { metrics::R2Score({.class_aggregation = "mean"}); }, "class_aggregation=mean");
  expect_error<ValueError>([] { metrics::R2Score({.num_regressors = -1}); }, "num_regressors=-1");
  expect_error<ValueError>([] { metrics::F1Score({.average = "all"}); }, "average=all");
  expect_error<ValueError>([] { metrics::FBetaScore({.beta = 0}); }, "beta=0");
  expect_error<ValueError>([] { metrics::FBetaScore({.threshold = 1.5}); }, "threshold=1.5");
  expect_error<ValueError>([] { metrics::MeanIoU({}); }, "num_classes=0");
  expect_error<ValueError>([] { metrics::IoU({.num_classes = 2}); }, "target_class_ids=[]");
  expect_error<ValueError>([] { metrics::IoU({.num_classes = 2, .target_class_ids = {2}}); },
                           "id 2 is out of range, which is [0, 2)");
  expect_error<ValueError>([] { metrics::get("accuracies"); }, "Could not interpret metric identifier: 'accuracies'");
}

TEST(Metrics, RefuseBatchesTheyCannotUse) {
  const Tensor row = ops::zeros({4}), rows = ops::zeros({4, 2});
  expect_error<ValueError>([&] { metrics::F1Score()->update_state(row, row); }, "F1Score expects 2D inputs");
  expect_error<ValueError>([&] { metrics::F1Score()->result(); }, "no result before its first `update_state`");
  expect_error<ValueError>([&] { metrics::R2Score()->update_state(row, row); }, "R2Score expects 2D inputs");
  expect_error<ValueError>([&] { metrics::AUC({.multi_label = true})->update_state(row, row); }, "must have rank 2");
  expect_error<ValueError>([&] { metrics::Recall({.class_id = 2})->update_state(rows, rows); }, "class_id=2");
  expect_error<ValueError>([&] { metrics::Recall({.class_id = 0})->update_state(row, row); }, "must be a 2D array");
}

// By the name of any loss's function, under that name; a registered metric comes first.
TEST(Metrics, ByNamesOfLosses) {
  const Tensor y_true(std::vector<float>{1, 2, 3, 4}, {2, 2}), y_pred(std::vector<float>{1, 2, 5, 4}, {2, 2});
  const Metric huber = metrics::get("huber");
  EXPECT_EQ(huber->name(), "huber");
  EXPECT_EQ(huber->direction(), MetricDirection::down);
  EXPECT_NEAR((*huber.impl())(y_true, y_pred).item(), losses::Huber()(y_true, y_pred).item(), 1e-6);
  EXPECT_EQ(metrics::get("cosine_similarity")->class_name(), "CosineSimilarity");
  EXPECT_EQ(metrics::get("AUC")->name(), "AUC");
}

// Batches of two sizes, epoch after epoch, in the compiled steps of a model: as when it is given all at once.
TEST(Metrics, InTheStepsOfAModel) {
  const auto made = [] {
    return std::vector<Metric>{
        metrics::AUC({.name = "auc", .multi_label = true}), metrics::Precision({.name = "precision"}),
        metrics::F1Score({.average = "macro"}),
        metrics::MeanIoU({.num_classes = 3, .name = "iou", .sparse_y_true = false, .sparse_y_pred = false}), metrics::R2Score()};
  };
  utils::set_random_seed(1);
  const auto model = Sequential({layers::Dense(3, {.activation = "sigmoid", .input_shape = {2}})});
  const Tensor x = random::uniform({7, 2}, -1.0, 1.0);
  const Tensor y = ops::one_hot(random::randint({7}, 0, 3), 3);
  const auto compiled = made();
  model.compile({.loss = "binary_focal_crossentropy",
                 .metrics = PerOutput<Metric>(std::vector<Nest<Metric>>(compiled.begin(), compiled.end()))});
  model.fit(x, y, {.batch_size = 4, .epochs = 2, .verbose = 0});
  const LogValues logs = model.evaluate(x, y, {.batch_size = 4, .verbose = 0});
  const Tensor predicted = model.predict(x, {.verbose = 0});
  for (const Metric& metric : made()) {
    metric->update_state(y, predicted);
    ASSERT_TRUE(logs.find(metric->name())) << metric->name();
    EXPECT_NEAR(*logs.find(metric->name()), metric->result().item(), 1e-5) << metric->name();
  }
}

// Each class's golden cases are its function's too.
TEST(Metrics, AClassIsTheMeanOfItsFunction) {
  using namespace metrics;
  const Tensor p = ops::softmax(random::uniform({6, 8}, -1.0, 1.0)), t = ops::one_hot(random::randint({6}, 0, 8), 8);
  const Tensor classes = random::randint({6}, 0, 8);
#define CORNU_EXPECT_MEAN(function, Class, labels) \
  expect_close(ops::mean(function(labels, p)), (*Class().impl())(labels, p), #function)
  CORNU_EXPECT_MEAN(binary_accuracy, BinaryAccuracy, t);
  CORNU_EXPECT_MEAN(categorical_accuracy, CategoricalAccuracy, t);
  CORNU_EXPECT_MEAN(sparse_categorical_accuracy, SparseCategoricalAccuracy, classes);
  CORNU_EXPECT_MEAN(top_k_categorical_accuracy, TopKCategoricalAccuracy, t);
  CORNU_EXPECT_MEAN(sparse_top_k_categorical_accuracy, SparseTopKCategoricalAccuracy, classes);
  CORNU_EXPECT_MEAN(pearson_correlation, PearsonCorrelation, t);
  CORNU_EXPECT_MEAN(concordance_correlation, ConcordanceCorrelation, t);
#undef CORNU_EXPECT_MEAN
}

}  // namespace
}  // namespace cornu::keras
