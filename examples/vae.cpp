// A variational autoencoder with a training step of its own; draws the digits that it dreams of.   vae [EPOCHS]
#include <cornu/cornu.h>

#include <cstdlib>
#include <iostream>
namespace tf = cornu;
namespace keras = cornu::keras;
namespace ops = cornu::keras::ops;
using namespace cornu::keras::layers;

constexpr int64_t kLatent = 2;

class VAEImpl : public keras::ModelImpl {
 public:
  VAEImpl() {
    const auto digit = keras::Input({784});
    const auto features = Dense(256, {.activation = "relu"})(digit);
    encoder = track("encoder", keras::Model(digit, {Dense(kLatent, {.name = "z_mean"})(features),
                                                    Dense(kLatent, {.name = "z_log_var"})(features)}));
    decoder = track("decoder", keras::Sequential({
                                   Dense(256, {.activation = "relu", .input_shape = {kLatent}}),
                                   Dense(784, {.activation = "sigmoid"}),
                               }));
    track_child("seed_generator", noise);
    for (auto& metric : {total_loss, reconstruction_loss, kl_loss}) track(metric->name() + "_tracker", metric);
  }

  keras::Logs train_step(const keras::Batch& data) override {
    const auto x = data.x.leaf();
    const auto code = encoder(data.x, true);
    const auto mean = code.list()[0].leaf(), log_var = code.list()[1].leaf();
    const auto z = mean + ops::exp(log_var / 2) * keras::random::normal(mean.shape(), 0.0, 1.0, tf::float32, *noise);

    const auto reconstruction = ops::mean(ops::sum(ops::binary_crossentropy(x, decoder(z, true)), -1));
    const auto kl = ops::mean(ops::sum(ops::square(mean) + ops::exp(log_var) - 1 - log_var, -1)) / 2;
    const auto weights = trainable_weights();
    optimizer()->apply(tf::gradients(reconstruction + kl, weights), weights);

    total_loss->update_state({}, reconstruction + kl);
    reconstruction_loss->update_state({}, reconstruction);
    kl_loss->update_state({}, kl);
    return {
        {"loss", total_loss->result()}, {"reconstruction_loss", reconstruction_loss->result()}, {"kl_loss", kl_loss->result()}};
  }
  std::vector<keras::Metric> metrics() override { return {total_loss, reconstruction_loss, kl_loss}; }

  keras::Model encoder, decoder;

 private:
  std::shared_ptr<keras::SeedGenerator> noise = std::make_shared<keras::SeedGenerator>();
  keras::Metric total_loss = keras::metrics::Mean({.name = "loss"});
  keras::Metric reconstruction_loss = keras::metrics::Mean({.name = "reconstruction_loss"});
  keras::Metric kl_loss = keras::metrics::Mean({.name = "kl_loss"});
};

void draw(const tf::Tensor& digit) {
  const auto grey = digit.to_vector<float>();
  for (int row = 0; row < 28; row += 2) {  // a character is twice as high as wide
    for (int column = 0; column < 28; ++column) std::cout << " .:-=+*#%@"[static_cast<int>(grey[row * 28 + column] * 9.99f)];
    std::cout << '\n';
  }
}

int main(int argc, char** argv) {
  const auto data = keras::datasets::mnist::load_data();
  const auto digits = tf::cast(tf::reshape(data.x_train, {-1, 784}), tf::float32) / 255.0f;

  auto vae = keras::make<VAEImpl>();
  vae.compile({.optimizer = "adam"});
  vae.fit(digits, {.batch_size = 128, .epochs = argc > 1 ? std::atoi(argv[1]) : 10});

  const auto dreamt = vae->decoder.predict(keras::random::normal({3, kLatent}), {.verbose = 0});
  for (int i = 0; i < 3; ++i) draw(dreamt[i]);
}
