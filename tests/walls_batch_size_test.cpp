// A new batch size plans anew and generates no code: what differs is extents, strides, addresses and numbers of launches.
#include <gtest/gtest.h>

#include "cornu/codegen/interpreter.h"
#include "cornu/cornu.h"

namespace cornu::keras {
namespace {

using namespace layers;

// Steps with batches of 32 generate the code; then each other size must find it.
void expect_no_new_code(const Model& model, const Shape& example, int64_t classes) {
  auto step = [&](int64_t batch) {
    Shape shape{batch};
    for (int64_t dim : example.dims()) shape.push_back(dim);
    const Tensor x = keras::random::uniform(shape),
                 y = utils::to_categorical(keras::random::randint({batch}, 0, classes), classes);
    evaluate({x, y});
    const int64_t before = codegen::programs_prepared();
    model.train_on_batch(x, y);
    model.test_on_batch(x, y);
    model.predict_on_batch(x);
    return codegen::programs_prepared() - before;
  };
  EXPECT_GT(step(32), 0);
  for (int64_t batch : {8, 2, 7, 64, 100, 33}) EXPECT_EQ(step(batch), 0) << "a batch of " << batch;
}

TEST(Walls, ANewBatchSizeGeneratesNoKernelProgram) {
  auto mlp =
      Sequential({Dense(24, {.activation = "relu", .input_shape = {12}}), Dropout(0.25), Dense(10, {.activation = "softmax"})});
  mlp.compile({.optimizer = optimizers::Adam({.weight_decay = 0.01, .global_clipnorm = 1.0}),
               .loss = "categorical_crossentropy",
               .metrics = {"accuracy"}});
  expect_no_new_code(mlp, {12}, 10);

  auto cnn = Sequential({Conv2D(4, 3, {.activation = "relu", .input_shape = {8, 8, 3}}), BatchNormalization(), MaxPooling2D(),
                         Flatten(), Dense(5, {.activation = "softmax", .kernel_regularizer = "l2"})});
  cnn.compile({.optimizer = optimizers::SGD({.learning_rate = 0.1, .momentum = 0.9, .nesterov = true}),
               .loss = "categorical_crossentropy",
               .metrics = {"accuracy"}});
  expect_no_new_code(cnn, {8, 8, 3}, 5);
}

}  // namespace
}  // namespace cornu::keras
