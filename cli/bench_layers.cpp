#include "cli/bench_layers.h"

#include "cornu/cornu.h"

namespace cornu::cli {
namespace {

using namespace keras::layers;

struct Row {
  const char* name;
  keras::Layer (*layer)();
  Shape input;
  int64_t indices_below = 0;  // 0: numbers
};
// bench/peers/layers.py has the same.
const Row kRows[] = {
    {"batch_normalization", [] { return keras::Layer(BatchNormalization()); }, {32, 28, 28, 64}},
    {"layer_normalization", [] { return keras::Layer(LayerNormalization()); }, {2048, 512}},
    {"depthwise_conv2d", [] { return keras::Layer(DepthwiseConv2D(3, {.padding = "same"})); }, {16, 28, 28, 128}},
    {"embedding", [] { return keras::Layer(Embedding(10000, 128)); }, {128, 64}, 10000},
};

const Row* find(const std::string& name) {
  for (const Row& row : kRows)
    if (name == row.name) return &row;
  return nullptr;
}

}  // namespace

std::vector<std::string> layer_workloads() {
  std::vector<std::string> out;
  for (const Row& row : kRows) out.push_back(row.name);
  return out;
}

std::function<void()> layer_step(const std::string& name) {
  const Row* row = find(name);
  if (!row) return {};
  const keras::Layer layer = row->layer();
  const Tensor x =
      row->indices_below ? keras::random::randint(row->input, 0, row->indices_below) : keras::random::uniform(row->input, -1, 1);
  const Tensor weight = keras::random::uniform(layer.compute_output_shape(row->input), -1, 1);
  evaluate({x, weight});
  const auto step = jit([layer](const TensorNest& in) {
    const auto given = in.flatten();
    const Tensor loss = keras::ops::sum(layer(given[0], true) * given[1]);
    auto out = gradients(loss, layer.trainable_weights());
    if (given[0].dtype().is_floating())
      for (const Tensor& g : gradients(loss, std::vector<Tensor>{given[0]})) out.push_back(g);
    return TensorNest(out);
  });
  return [=] { evaluate(step(TensorNest(std::vector<Tensor>{x, weight})).flatten()); };
}

}  // namespace cornu::cli
