// A layer of a user's own: its arguments are its config, and files hold it.
#include <cornu/cornu.h>
#include <cornu/keras/layers/config.h>

#include <nlohmann/json.hpp>

namespace keras = cornu::keras;

namespace {

struct ScaleArgs {
  keras::Initializer initializer = "ones";
  std::optional<double> limit;
  std::vector<int64_t> sizes{1, 2};
  KERAS_LAYER_ARGS;
};

// Multiplies by a weight for each channel.
class ScaleImpl : public keras::LayerImpl {
 public:
  explicit ScaleImpl(ScaleArgs args) : LayerImpl(keras::base_args(args)), args_(std::move(args)) {}
  static std::shared_ptr<ScaleImpl> from_config(const cornu::Json& config) {
    return std::make_shared<ScaleImpl>(keras::saving::from_json<ScaleArgs>(config));
  }
  void build(const cornu::Shape& input) override {
    scale_ = add_weight("scale", {input[-1]}, {.initializer = args_.initializer});
  }
  cornu::Tensor call(const cornu::Tensor& x, const keras::CallContext&) override { return x * scale_; }
  void write_config(keras::LayerConfig& config) const override { config.add(args_); }

  const ScaleArgs& args() const { return args_; }

 private:
  ScaleArgs args_;
  cornu::Variable scale_;
};

}  // namespace

bool custom_layer_comes_back_from_a_file() {
  keras::saving::register_keras_serializable<ScaleImpl>({.package = "consumer"});
  const auto scale = keras::make<ScaleImpl>(ScaleArgs{.initializer = "zeros", .limit = 2.5, .sizes = {3}, .input_shape = {4}});
  keras::Sequential({scale}).save("scale.keras");
  const auto told = keras::layers::deserialize(keras::layers::serialize(scale));
  if (!told.as<ScaleImpl>() || told.name() != scale.name()) return false;
  const auto again = keras::models::load_model("scale.keras");
  const auto* made = dynamic_cast<const ScaleImpl*>(again.layers().at(0).impl().get());
  return made && made->args().limit == 2.5 && made->args().sizes == std::vector<int64_t>{3};
}
