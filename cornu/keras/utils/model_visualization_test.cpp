#include "cornu/keras/utils/model_visualization.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "cornu/cornu.h"
#include "tests/ops/compiled.h"
#include "tests/temporary_folder.h"

// What the text says is compared with Keras's in tests/golden_architectures_test.cpp.

namespace cornu::keras::utils {
namespace {

std::string contents(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

Model two_layers(const std::string& name = "dense") {
  return Sequential(
      {layers::Dense(3, {.name = name, .input_shape = {2}}), layers::Dense(1, {.activation = "relu", .name = "last"})});
}

TEST(PlotModel, WritesTextWithoutAnyProgram) {
  const TemporaryFolder folder;
  const cornu::testing::ScopedVariable path("PATH", folder.path().c_str());
  plot_model(two_layers(), folder / "m.dot", {.show_shapes = true});
  EXPECT_EQ(contents(folder / "m.dot"), model_to_dot(two_layers(), {.show_shapes = true, .show_layer_names = false}));
  EXPECT_NE(contents(folder / "m.dot").find("<b>Dense</b>"), std::string::npos);
  try {
    plot_model(two_layers(), folder / "m.svg");
    FAIL();
  } catch (const RuntimeError& e) {
    EXPECT_NE(std::string(e.what()).find("You must install graphviz (`apt install graphviz`"), std::string::npos) << e.what();
  }
}

// A program of that name stands for Graphviz's.
TEST(PlotModel, DrawsWithGraphviz) {
  const TemporaryFolder folder;
  {
    std::ofstream program(folder / "dot");
    program << "#!/bin/sh\n[ \"$1\" = -Tnone ] && { echo 'no such format' >&2; exit 1; }\necho \"drawn $1\"; exec /bin/cat\n";
  }
  std::filesystem::permissions(folder / "dot", std::filesystem::perms::owner_all);
  const cornu::testing::ScopedVariable path("PATH", folder.path().c_str());
  plot_model(two_layers(), folder / "m", {.show_layer_names = true});
  EXPECT_EQ(contents(folder / "m"), "drawn -Tpng\n" + model_to_dot(two_layers()));
  try {
    plot_model(two_layers(), folder / "m.none");
    FAIL();
  } catch (const RuntimeError& e) {
    EXPECT_NE(std::string(e.what()).find("no such format"), std::string::npos) << e.what();
  }
  EXPECT_FALSE(std::filesystem::exists(folder / "m.none"));
}

TEST(PlotModel, NamesMayHoldAnything) {
  const std::string text = model_to_dot(two_layers("a<b>&"));
  EXPECT_NE(text.find("<b>a&lt;b&gt;&amp;</b> (Dense)"), text.npos) << text;
  const auto inner = Sequential({layers::Dense(1, {.input_shape = {2}})}, {.name = "my \"inner\" model"});
  const auto outer = Sequential({inner, layers::Dense(1)});
  const std::string nested = model_to_dot(outer, {.expand_nested = true});
  EXPECT_NE(nested.find(R"(subgraph "cluster_my \"inner\" model" {)"), nested.npos) << nested;
  EXPECT_THROW(model_to_dot(Sequential({layers::Dense(1)})), ValueError);
}

TEST(PlotModel, ASubclassedModelIsOneNode) {
  class OwnImpl : public ModelImpl {
   public:
    OwnImpl() { dense_ = track("dense", layers::Dense(2)); }
    Tensor call(const Tensor& x, const CallContext&) override { return dense_(x); }

   private:
    Layer dense_;
  };
  const auto model = make<OwnImpl>();
  model->operator()(ops::zeros({1, 3}), false);
  const std::string text = model_to_dot(model, {.show_shapes = true});
  EXPECT_NE(text.find("Output shape: <b>?</b>"), text.npos) << text;
  EXPECT_EQ(text.find("->"), text.npos);
}

}  // namespace
}  // namespace cornu::keras::utils
