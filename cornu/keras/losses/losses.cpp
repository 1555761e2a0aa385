#include "cornu/keras/losses/losses.h"

#include <nlohmann/json.hpp>

#include "cornu/keras/saving/json_fields.h"
#include "cornu/keras/saving/registration.h"

namespace cornu::keras {
namespace losses {

std::span<const LossRow> registry() {
#define ROW(Class, ...)                                                                                       \
  {                                                                                                           \
#Class, {__VA_ARGS__ }, +[](const Json& config) { return Class(saving::from_json<Class##Args>(config)); } \
  }
  static const LossRow rows[] = {
      ROW(MeanSquaredError, "mean_squared_error", "mse", "MSE"),
      ROW(MeanAbsoluteError, "mean_absolute_error", "mae", "MAE"),
      ROW(MeanAbsolutePercentageError, "mean_absolute_percentage_error", "mape", "MAPE"),
      ROW(MeanSquaredLogarithmicError, "mean_squared_logarithmic_error", "msle", "MSLE"),
      ROW(CosineSimilarity, "cosine_similarity"),
      ROW(Huber, "huber"),
      ROW(LogCosh, "log_cosh"),
      ROW(BinaryCrossentropy, "binary_crossentropy", "bce", "BCE"),
      ROW(BinaryFocalCrossentropy, "binary_focal_crossentropy"),
      ROW(CategoricalCrossentropy, "categorical_crossentropy"),
      ROW(CategoricalFocalCrossentropy, "categorical_focal_crossentropy"),
      ROW(SparseCategoricalCrossentropy, "sparse_categorical_crossentropy"),
      ROW(CategoricalGeneralizedCrossEntropy, "categorical_generalized_cross_entropy"),
      ROW(KLDivergence, "kl_divergence", "kld", "KLD"),
      ROW(Poisson, "poisson"),
      ROW(Hinge, "hinge"),
      ROW(SquaredHinge, "squared_hinge"),
      ROW(CategoricalHinge, "categorical_hinge"),
      ROW(Dice, "dice"),
      ROW(Tversky, "tversky"),
      ROW(Circle, "circle"),
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
