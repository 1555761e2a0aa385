#include "cornu/keras/losses/losses.h"

#include <nlohmann/json.hpp>

#include "cornu/base/python_names.h"
#include "cornu/keras/ops/core.h"
#include "cornu/keras/ops/nn.h"
#include "cornu/keras/ops/numpy.h"
#include "cornu/keras/saving/json_fields.h"
#include "cornu/keras/saving/registration.h"

namespace cornu::keras {
namespace losses {
namespace {

// A loss made of its struct of arguments and a function: the config is the struct.
template <class Args>
class LossOf final : public LossImpl {
 public:
  using Function = Tensor (*)(const Args&, const Tensor&, const Tensor&);
  LossOf(std::string class_name, Args args, Function function)
      : LossImpl(args.name, args.reduction, args.dtype),
        class_name_(std::move(class_name)),
        args_(std::move(args)),
        function_(function) {}
  std::string class_name() const override { return class_name_; }
  Tensor call(const Tensor& y_true, const Tensor& y_pred) const override { return function_(args_, y_true, y_pred); }
  Json get_config() const override {
    Json config = LossImpl::get_config();
    const Json fields = saving::to_json(args_);
    for (const auto& [key, value] : fields.items())
      if (!config.contains(key) && key != "dtype") config[key] = value;
    return config;
  }

 private:
  std::string class_name_;
  Args args_;
  Function function_;
};

template <class Args>
Loss make_loss(const char* class_name, Args args, typename LossOf<Args>::Function function) {
  return Loss(std::shared_ptr<const LossImpl>(std::make_shared<LossOf<Args>>(class_name, std::move(args), function)));
}

void check_smoothing(double label_smoothing) {
  if (label_smoothing < 0 || label_smoothing > 1)
    throw error<ValueError>("`label_smoothing` must be in [0, 1]. Received: label_smoothing={}", label_smoothing);
}

}  // namespace

PYTHON_NAMES("keras.losses.mean_squared_error");
Tensor mean_squared_error(const Tensor& y_true, const Tensor& y_pred) {
  return ops::mean(ops::square(ops::cast(y_true, y_pred.dtype()) - y_pred), -1);
}
PYTHON_NAMES("keras.losses.mean_absolute_error");
Tensor mean_absolute_error(const Tensor& y_true, const Tensor& y_pred) {
  return ops::mean(ops::absolute(ops::cast(y_true, y_pred.dtype()) - y_pred), -1);
}
PYTHON_NAMES("keras.losses.categorical_crossentropy");
Tensor categorical_crossentropy(const Tensor& y_true, const Tensor& y_pred, bool from_logits, double label_smoothing, int axis) {
  Tensor target = ops::cast(y_true, y_pred.dtype());
  if (y_pred.shape()[-1] == 1 && target.shape()[-1] != 1)
    throw error<ValueError>("`categorical_crossentropy` needs one prediction a class. Received: y_true.shape={}, y_pred.shape={}",
                            to_string(y_true.shape()), to_string(y_pred.shape()));
  if (label_smoothing != 0) target = target * (1.0 - label_smoothing) + label_smoothing / double(target.shape()[axis]);
  return ops::categorical_crossentropy(target, y_pred, from_logits, axis);
}
PYTHON_NAMES("keras.losses.sparse_categorical_crossentropy");
Tensor sparse_categorical_crossentropy(const Tensor& y_true, const Tensor& y_pred, bool from_logits,
                                       std::optional<int> ignore_class, int axis) {
  const Tensor loss = ops::sparse_categorical_crossentropy(y_true, y_pred, from_logits, axis, ignore_class);
  if (!ignore_class) return loss;
  return loss.with_mask(ops::reshape(ops::not_equal(y_true, *ignore_class), loss.shape()));
}
PYTHON_NAMES("keras.losses.binary_crossentropy");
Tensor binary_crossentropy(const Tensor& y_true, const Tensor& y_pred, bool from_logits, double label_smoothing, int axis) {
  Tensor target = ops::cast(y_true, y_pred.dtype());
  if (label_smoothing != 0) target = target * (1.0 - label_smoothing) + 0.5 * label_smoothing;
  return ops::mean(ops::binary_crossentropy(target, y_pred, from_logits), axis);
}

Loss MeanSquaredError(MeanSquaredErrorArgs args) {
  return make_loss(
      "MeanSquaredError", std::move(args),
      +[](const MeanSquaredErrorArgs&, const Tensor& t, const Tensor& p) { return mean_squared_error(t, p); });
}
Loss MeanAbsoluteError(MeanAbsoluteErrorArgs args) {
  return make_loss(
      "MeanAbsoluteError", std::move(args),
      +[](const MeanAbsoluteErrorArgs&, const Tensor& t, const Tensor& p) { return mean_absolute_error(t, p); });
}
Loss CategoricalCrossentropy(CategoricalCrossentropyArgs args) {
  check_smoothing(args.label_smoothing);
  return make_loss(
      "CategoricalCrossentropy", std::move(args), +[](const CategoricalCrossentropyArgs& a, const Tensor& t, const Tensor& p) {
        return categorical_crossentropy(t, p, a.from_logits, a.label_smoothing, a.axis);
      });
}
Loss SparseCategoricalCrossentropy(SparseCategoricalCrossentropyArgs args) {
  return make_loss(
      "SparseCategoricalCrossentropy", std::move(args),
      +[](const SparseCategoricalCrossentropyArgs& a, const Tensor& t, const Tensor& p) {
        return sparse_categorical_crossentropy(t, p, a.from_logits, a.ignore_class, a.axis);
      });
}
Loss BinaryCrossentropy(BinaryCrossentropyArgs args) {
  check_smoothing(args.label_smoothing);
  return make_loss(
      "BinaryCrossentropy", std::move(args), +[](const BinaryCrossentropyArgs& a, const Tensor& t, const Tensor& p) {
        return binary_crossentropy(t, p, a.from_logits, a.label_smoothing, a.axis);
      });
}

std::span<const LossRow> registry() {
#define ROW(Class, ...)                                                                                       \
  {                                                                                                           \
#Class, {__VA_ARGS__ }, +[](const Json& config) { return Class(saving::from_json<Class##Args>(config)); } \
  }
  static const LossRow rows[] = {
      ROW(MeanSquaredError, "mean_squared_error", "mse", "MSE"),
      ROW(MeanAbsoluteError, "mean_absolute_error", "mae", "MAE"),
      ROW(CategoricalCrossentropy, "categorical_crossentropy"),
      ROW(SparseCategoricalCrossentropy, "sparse_categorical_crossentropy"),
      ROW(BinaryCrossentropy, "binary_crossentropy", "bce", "BCE"),
  };
#undef ROW
  return rows;
}

}  // namespace losses

Loss::Loss(const std::string& name) : identifier_(name) {
  std::string known;
  for (const auto& row : losses::registry()) {
    if (name == row.class_name) {
      impl_ = row.from_config(Json::object()).impl();
      return;
    }
    for (const char* alias : row.names) {
      if (name == alias) {
        impl_ = row.from_config(Json::object()).impl();
        return;
      }
      known += (known.empty() ? "" : ", ") + std::string(alias);
    }
  }
  if (auto function = saving::get_registered_function<Function>(name)) {
    *this = Loss(std::move(function), name.substr(name.find('>') + 1));
    identifier_ = name;
    return;
  }
  throw error<ValueError>("Could not interpret loss identifier: '{}'. Known: {}", name, known);
}

}  // namespace cornu::keras
