#include "cornu/keras/losses/loss.h"

#include <nlohmann/json.hpp>

#include "cornu/base/python_names.h"
#include "cornu/keras/losses/reduction.h"
#include "cornu/keras/ops/core.h"
#include "cornu/keras/ops/numpy.h"
#include "cornu/keras/ops/operation.h"

namespace cornu::keras {
namespace {

const std::vector<std::string> kReductions = {"sum_over_batch_size", "sum", "none", "mean", "mean_with_sample_weight"};

double elements(const Tensor& x) { return static_cast<double>(x.size()); }

// Files hold a function by its name alone (saving/registration.h).
class FunctionLoss final : public LossImpl {
 public:
  FunctionLoss(Loss::Function function, std::string name)
      : LossImpl(std::move(name), "sum_over_batch_size"), function_(std::move(function)) {}
  std::string module_name() const override { return "builtins"; }
  std::string class_name() const override { return "function"; }
  std::string registered_name() const override { return "function"; }
  Json get_config() const override { return name_; }
  Tensor call(const Tensor& y_true, const Tensor& y_pred) const override { return function_(y_true, y_pred); }

 private:
  Loss::Function function_;
};

}  // namespace

std::pair<Tensor, Tensor> to_same_rank(Tensor a, Tensor b) {
  if (a.rank() == b.rank() + 1 && a.shape()[-1] == 1) {
    if (b.rank() == 1) b = ops::expand_dims(b, -1);
    else a = ops::squeeze(a, -1);
  } else if (b.rank() == a.rank() + 1 && b.shape()[-1] == 1) {
    if (a.rank() == 1) a = ops::expand_dims(a, -1);
    else b = ops::squeeze(b, -1);
  }
  return {std::move(a), std::move(b)};
}

Tensor apply_mask(const Tensor& sample_weight, const Tensor& mask, DType dtype, const std::string& reduction) {
  if (!mask.exists()) return sample_weight;
  Tensor weight = ops::cast(mask, dtype);
  if (reduction == "mean" || reduction == "sum_over_batch_size")
    weight = weight * ops::divide_no_nan(elements(mask), ops::sum(weight));
  if (!sample_weight.exists()) return weight;
  auto [of_mask, given] = to_same_rank(weight, ops::cast(sample_weight, dtype));
  return given * of_mask;
}

Tensor reduce_weighted_values(Tensor values, Tensor sample_weight, const Tensor& mask, const std::string& reduction,
                              DType dtype) {
  values = ops::cast(values, dtype);
  sample_weight = apply_mask(sample_weight, mask, dtype, reduction);
  if (sample_weight.exists()) {
    std::tie(values, sample_weight) = to_same_rank(values, ops::cast(sample_weight, dtype));
    values = values * sample_weight;
  }
  if (reduction == "none" || values.rank() == 0 || values.size() == 0) return values;
  const Tensor sum = ops::sum(values);
  if (reduction == "sum") return sum;
  if (reduction == "mean_with_sample_weight" && sample_weight.exists()) return ops::divide_no_nan(sum, ops::sum(sample_weight));
  return sum / elements(values);
}

PYTHON_NAMES("keras.Loss");
LossImpl::LossImpl(std::string name, std::optional<std::string> reduction, DTypePolicy dtype)
    : name_(std::move(name)), reduction_(std::move(reduction)), dtype_(std::move(dtype)) {
  if (reduction_ && std::find(kReductions.begin(), kReductions.end(), *reduction_) == kReductions.end())
    throw error<ValueError>("Invalid value for argument `reduction`. Expected one of {}. Received: reduction={}",
                            fmt::join(kReductions, ", "), *reduction_);
}

Tensor LossImpl::operator()(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight) const {
  const DType dtype = dtype_.compute_dtype();
  const Tensor target = y_true.dtype().is_floating() ? ops::cast(y_true, dtype) : y_true;
  auto [t, p] = to_same_rank(target, ops::cast(y_pred, dtype));
  const Tensor values = call(t, p);
  Tensor mask = y_pred.mask();
  if (const Tensor of_values = values.mask(); of_values.exists())
    mask = mask.exists() ? ops::logical_and(mask, of_values) : of_values;
  return reduce_weighted_values(values, sample_weight, mask, reduction_.value_or("none"), dtype);
}

Json LossImpl::get_config() const {
  Json config{{"name", name_}, {"reduction", reduction_ ? Json(*reduction_) : Json(nullptr)}};
  write_config(config);
  return config;
}

Loss::Loss(Function function, std::string name) : impl_(std::make_shared<FunctionLoss>(std::move(function), std::move(name))) {}

}  // namespace cornu::keras
