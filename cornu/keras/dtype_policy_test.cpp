#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cornu/cornu.h"
#include "cornu/keras/saving/deserialization.h"
#include "tests/expect_error.h"

namespace cornu::keras {
namespace {

// What a test changes of the process goes back.
class Config : public testing::Test {
 protected:
  void TearDown() override {
    config::set_floatx("float32");
    config::set_epsilon(1e-7);
    config::set_dtype_policy("float32");
  }
};
using Policies = Config;

TEST_F(Config, FloatxIsTheTypeOfNewWeights) {
  config::set_floatx("float64");
  EXPECT_EQ(config::floatx(), float64);
  config::set_dtype_policy("float64");
  EXPECT_EQ(layers::Dense(2)(ops::ones({1, 3}, float64)).dtype(), float64);
  EXPECT_THROW(config::set_floatx("int32"), ValueError);
}

TEST_F(Config, EpsilonKeepsProbabilitiesFromZero) {
  config::set_epsilon(0.1);
  EXPECT_EQ(config::epsilon(), 0.1);
  const Tensor y = ops::ones({1}), p = ops::zeros({1});
  EXPECT_NEAR(ops::binary_crossentropy(y, p).item(), -std::log(0.1), 1e-6);
}

TEST_F(Config, ThePolicyIsThatOfNewLayers) {
  config::set_dtype_policy("mixed_bfloat16");
  const auto dense = layers::Dense(2);
  dense.build({{}, 3});
  EXPECT_EQ(dense->compute_dtype(), bfloat16);
  EXPECT_EQ(dense.weights()[0].dtype(), float32);
  EXPECT_EQ(config::dtype_policy().name(), "mixed_bfloat16");
  EXPECT_THROW(config::set_dtype_policy("mixed_float7"), ValueError);
}

// --- policies ---

TEST_F(Policies, NameTheDtypesOfComputingAndOfVariables) {
  const std::pair<const char*, std::pair<DType, DType>> known[] = {
      {"mixed_float16", {float16, float32}}, {"mixed_bfloat16", {bfloat16, float32}}, {"float16", {float16, float16}},
      {"bfloat16", {bfloat16, bfloat16}},    {"float32", {float32, float32}},         {"float64", {float64, float64}}};
  for (const auto& [name, dtypes] : known) {
    const FloatDTypePolicy policy(name);
    EXPECT_EQ(policy.name(), name);
    EXPECT_EQ(policy.compute_dtype(), dtypes.first);
    EXPECT_EQ(policy.variable_dtype(), dtypes.second);
    EXPECT_EQ(DTypePolicy::from_config(policy.get_config()), policy);
  }
  mixed_precision::set_global_policy("mixed_float16");
  EXPECT_EQ(mixed_precision::global_policy(), DTypePolicy("mixed_float16"));
  EXPECT_EQ(DTypePolicy(), mixed_precision::Policy("mixed_float16"));
}

TEST_F(Policies, AreInFilesAsKerasWritesThem) {
  const Json wanted = Json::parse(
      R"({"module": "keras", "class_name": "DTypePolicy", "config": {"name": "mixed_bfloat16"}, "registered_name": null})");
  EXPECT_EQ(dtype_policies::serialize("mixed_bfloat16"), wanted);
  EXPECT_EQ(dtype_policies::deserialize(wanted).name(), "mixed_bfloat16");
  EXPECT_EQ(dtype_policies::get(wanted), dtype_policies::get("mixed_bfloat16"));
  for (const char* same : {R"("mixed_bfloat16")", R"({"class_name": "FloatDTypePolicy", "config": {"name": "mixed_bfloat16"}})",
                           R"({"class_name": "Policy", "config": {"name": "mixed_bfloat16"}})"})
    EXPECT_EQ(dtype_policies::deserialize(Json::parse(same)).name(), "mixed_bfloat16") << same;
  config::set_dtype_policy("float64");
  EXPECT_EQ(dtype_policies::deserialize(Json::parse(R"({"class_name": "DTypePolicy", "config": {"name": null}})")).name(),
            "float64");
  EXPECT_THROW(dtype_policies::deserialize(Json(7)), ValueError);
  EXPECT_THROW(dtype_policies::deserialize(Json::parse(R"({"class_name": "Dense", "config": {}})")), ValueError);
}

TEST_F(Policies, OfQuantizedLayersAreRefused) {
  EXPECT_THROW(DTypePolicy("int8_from_float32"), NotImplementedError);
  const Json config = Json::parse(
      R"({"module": "keras", "class_name": "QuantizedDTypePolicy", "config": {"mode": "int8", "source_name": "float32"}})");
  EXPECT_THROW(dtype_policies::deserialize(config), NotImplementedError);
  const Json dense{{"class_name", "Dense"}, {"config", {{"name", "head"}, {"units", 2}, {"dtype", config}}}};
  expect_error<ValueError>([&] { deserialize_layer(dense); }, "Quantized dtype policies are not supported");
}

TEST_F(Policies, AMapHasThemByPath) {
  DTypePolicyMap map("mixed_bfloat16",
                     {{"encoder/head", "float32"}, {"encoder/block_.*", "mixed_float16"}, {"decoder", "float64"}});
  EXPECT_EQ(map.name(), "map_mixed_bfloat16");
  EXPECT_EQ(map.default_policy().name(), "mixed_bfloat16");
  EXPECT_EQ(map["encoder/head"].name(), "float32");
  EXPECT_EQ(map["encoder/block_1/dense"].name(), "mixed_float16");
  EXPECT_EQ(map["decoder/dense"].name(), "mixed_bfloat16");
  EXPECT_THROW(map.set("decoder", "float32"), ValueError);
  EXPECT_THROW(map.set("(", "float32"), ValueError);
  map.set("encoder/.*dense", "float32");
  expect_error<ValueError>([&] { map["encoder/block_1/dense"]; }, "matches multiple dtype policy specification keys");
  map.erase("encoder/.*dense");
  EXPECT_EQ(map["encoder/block_1/dense"].name(), "mixed_float16");
  EXPECT_EQ(map.size(), 3u);
  EXPECT_THROW(DTypePolicyMap{map}.erase("nobody"), ValueError);
  EXPECT_THROW(DTypePolicyMap(std::optional<DTypePolicy>(map)), ValueError);
}

TEST_F(Policies, AMapIsInFilesAsKerasWritesIt) {
  const DTypePolicyMap map("mixed_bfloat16", {{"s/d", "float32"}});
  const Json wanted = Json::parse(
      R"({"module": "keras.dtype_policies", "class_name": "DTypePolicyMap", "config": {"default_policy": {"module": "keras",
          "class_name": "DTypePolicy", "config": {"name": "mixed_bfloat16"}, "registered_name": null}, "policy_map": {"s/d":
          {"module": "keras", "class_name": "DTypePolicy", "config": {"name": "float32"}, "registered_name": null}}},
          "registered_name": null})");
  EXPECT_EQ(dtype_policies::serialize(map), wanted);
  EXPECT_EQ(dtype_policies::deserialize(wanted), map);
  EXPECT_EQ(dtype_policies::serialize(DTypePolicyMap())["config"]["default_policy"], Json(nullptr));
}

// A pattern from a file may take no more than its share of time and stack.
TEST_F(Policies, AMapEndsSoonWhateverItsPatternsAre) {
  const DTypePolicyMap map("float32", {{"(a*)*b", "float64"}});
  EXPECT_EQ(map[std::string(1000, 'a')].name(), "float32");
  EXPECT_EQ(map[std::string(1000000, 'a')].name(), "float32");
  EXPECT_THROW(DTypePolicyMap("float32", {{std::string(1000, '('), "float64"}}), ValueError);
}

// --- layers ---

TEST_F(Policies, LayersOfAMapHaveThatOfTheirPath) {
  config::set_dtype_policy(DTypePolicyMap("mixed_bfloat16", {{"net/head", "float32"}}));
  const auto model =
      Sequential({layers::Dense(3, {.name = "body", .input_shape = {4}}), layers::Dense(2, {.name = "head"})}, {.name = "net"});
  const auto body = model.get_layer("body"), head = model.get_layer("head");
  EXPECT_EQ(body.impl()->path(), "net/body");
  EXPECT_EQ(body.compute_dtype(), bfloat16);
  EXPECT_EQ(head.compute_dtype(), float32);
  EXPECT_EQ(model(ops::ones({1, 4})).dtype(), float32);
  body.set_dtype_policy("mixed_float16");
  EXPECT_EQ(body.compute_dtype(), float16);
  EXPECT_EQ(DTypePolicyMap("float32").size(), 0u);
}

TEST_F(Policies, ALayerComputesInItsDtypeAndKeepsItsWeights) {
  const auto dense = layers::Dense(2, {.dtype = "mixed_float16"});
  const Tensor x = ops::ones({1, 3});
  EXPECT_EQ(dense(x).dtype(), float16);
  EXPECT_EQ(dense(Input({3})).dtype(), float16);
  EXPECT_EQ(dense.weights()[0].dtype(), float32);
  EXPECT_EQ(dense.weights()[0].value().dtype(), float32);  // outside of a call
  dense.set_dtype_policy("mixed_bfloat16");
  EXPECT_EQ(dense(x).dtype(), bfloat16);
}

TEST_F(Policies, WithoutAutocastInputsStay) {
  const auto dense = layers::Identity({.dtype = "mixed_float16", .autocast = false});
  EXPECT_EQ(dense(ops::ones({1, 3})).dtype(), float32);
  EXPECT_FALSE(dense.get_config().contains("autocast"));
}

// What stands in a model of another policy reads its own weights as its own policy says.
class OuterImpl : public LayerImpl {
 public:
  OuterImpl() : LayerImpl({.dtype = "mixed_float16"}) { inner_ = track("inner", layers::Dense(2, {.dtype = "float32"})); }
  void build(const Shape&) override {
    own_ = add_weight("own", {2}, {.initializer = "ones"});
    exact_ = add_weight("exact", {2}, {.initializer = "ones", .autocast = false});
  }
  TensorNest call(const Arguments& arguments, const CallContext&) override {
    const Tensor inner = inner_(arguments.first().leaf());
    return TensorNest({inner, own_.value(), exact_.value()});
  }

 private:
  Layer inner_;
  Variable own_, exact_;
};

TEST_F(Policies, OfALayerInsideCountThere) {
  std::vector<DType> dtypes;
  make<OuterImpl>()(TensorNest(ops::ones({1, 3}))).visit([&](const Tensor& t) { dtypes.push_back(t.dtype()); });
  EXPECT_EQ(dtypes, (std::vector<DType>{float32, float16, float32}));
}

TEST_F(Policies, TheInputOfASequentialIsInTheFirstLayersDtype) {
  config::set_dtype_policy("mixed_float16");
  const auto built = Sequential({layers::Dense(3)});
  built.build({None, 4});
  EXPECT_EQ(built.get_config()["layers"][0]["config"]["dtype"], "float16");
  const auto given = Sequential({layers::Dense(3, {.input_shape = {4}})});
  EXPECT_EQ(given.get_config()["layers"][0]["config"]["dtype"], "float32");
  EXPECT_EQ(given.get_config()["dtype"]["config"]["name"], "mixed_float16");
}

TEST_F(Policies, IdsOfAnEmbeddingAreNotRounded) {
  config::set_dtype_policy("mixed_bfloat16");
  const auto model = Sequential({layers::Embedding(1000, 1)});
  model.build({None, 2});
  model.set_weights({ops::reshape(ops::cast(ops::arange(1000), float32), {1000, 1})});
  const Tensor y = model(Tensor(std::vector<int32_t>{301, 999}, {1, 2}));
  EXPECT_EQ(y.to_vector<float>(), (std::vector<float>{300, 1000}));  // row 301 is 301, which bfloat16 has as 300
}

TEST_F(Policies, TheInputOfAModelIsNotRoundedBeforeALayerTakesIt) {
  config::set_dtype_policy("mixed_bfloat16");
  const Tensor in = Input({1});
  const Model model(in, layers::Rescaling(1.0, {.dtype = "float32"})(in));
  EXPECT_EQ(model(ops::full({1, 1}, 1.001)).item<float>(), 1.001f);
}

TEST_F(Policies, LossesAndMetricsAreOfFloat32) {
  config::set_dtype_policy("mixed_float16");
  const Tensor y = ops::ones({4, 1}, float16), p = ops::full({4, 1}, 300.0, float16);
  EXPECT_NEAR(losses::MeanSquaredError()(y, p).item(), 299.0 * 299.0, 1);  // more than float16 can hold
  const auto mean = metrics::MeanSquaredError();
  mean->update_state(y, p);
  EXPECT_EQ(mean->result().dtype(), float32);
  EXPECT_NEAR(mean->result().item(), 299.0 * 299.0, 1);
}

}  // namespace
}  // namespace cornu::keras
