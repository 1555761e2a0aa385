// Houses: a table of numbers and a picture go in, a price and a kind come out.   two_inputs [EPOCHS]
#include <cornu/cornu.h>

#include <cstdlib>
#include <iostream>
namespace tf = cornu;
namespace keras = cornu::keras;
namespace ops = cornu::keras::ops;
using namespace cornu::keras::layers;

struct Houses {
  tf::Tensor table, image, price, kind;
};

// The brighter the picture, the higher the kind; the price follows from the numbers and the kind.
Houses make_houses(int64_t count) {
  const auto kind = keras::random::randint({count, 1}, 0, 3);
  const auto table = keras::random::normal({count, 4});
  const auto brightness = tf::cast(tf::reshape(kind, {count, 1, 1, 1}), tf::float32) / 2;
  const auto image = brightness + keras::random::normal({count, 12, 12, 1}, 0.0, 0.5);
  const auto price = ops::sum(table, -1, true) + tf::cast(kind, tf::float32);
  return {table, image, price, kind};
}

int main(int argc, char** argv) {
  keras::utils::set_random_seed(1);
  const auto houses = make_houses(4000), unseen = make_houses(1000);

  const auto table = keras::Input({4}, {.name = "table"});
  const auto image = keras::Input({12, 12, 1}, {.name = "image"});
  const auto seen = GlobalAveragePooling2D()(Conv2D(8, 3, {.activation = "relu"})(image));
  const auto all = Concatenate()({Dense(16, {.activation = "relu"})(table), seen});
  const auto hidden = Dense(32, {.activation = "relu"})(all);
  const auto price = Dense(1, {.name = "price"})(hidden);
  const auto kind = Dense(3, {.activation = "softmax", .name = "kind"})(hidden);
  const keras::Model model({{"table", table}, {"image", image}}, {{"price", price}, {"kind", kind}});
  model.summary();

  model.compile({.optimizer = keras::optimizers::Adam({.learning_rate = 0.003}),
                 .loss = {{"price", "mse"}, {"kind", "sparse_categorical_crossentropy"}},
                 .loss_weights = {{"price", 1.0}, {"kind", 0.5}},
                 .metrics = {{"price", "mae"}, {"kind", "accuracy"}}});
  model.fit({{"table", houses.table}, {"image", houses.image}}, {{"price", houses.price}, {"kind", houses.kind}},
            {.epochs = argc > 1 ? std::atoi(argv[1]) : 10, .validation_split = 0.1});

  const auto outputs = model.predict_nest({{"table", unseen.table}, {"image", unseen.image}}, {.verbose = 0});
  const auto prices = outputs["price"].leaf(), kinds = ops::argmax(outputs["kind"].leaf(), -1);
  for (int i = 0; i < 5; ++i)
    std::cout << "price " << prices[i].item() << " (" << unseen.price[i].item() << "), kind " << kinds[i].item() << " ("
              << unseen.kind[i].item() << ")\n";
  model.save("two_inputs.keras");
}
