#include "cornu/keras/regularizers/regularizers.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cornu/base/python_names.h"
#include "cornu/keras/ops/numpy.h"
#include "cornu/keras/saving/json_fields.h"
#include "cornu/keras/saving/serialization.h"

namespace cornu::keras {
namespace regularizers {
namespace {

// A regularizer made of its struct of arguments and a function: the config is the struct.
template <class Args>
class RegularizerOf final : public RegularizerImpl {
 public:
  using Function = Tensor (*)(const Args&, const Tensor&);
  RegularizerOf(std::string class_name, Args args, Function function)
      : class_name_(std::move(class_name)), args_(args), function_(function) {}
  std::string class_name() const override { return class_name_; }
  Tensor call(const Tensor& x) const override { return function_(args_, x); }
  Json get_config() const override { return saving::to_json(args_); }

 private:
  std::string class_name_;
  Args args_;
  Function function_;
};

template <class Args>
Regularizer make_regularizer(const char* class_name, Args args, typename RegularizerOf<Args>::Function function) {
  return Regularizer(std::make_shared<const RegularizerOf<Args>>(class_name, args, function));
}

void check_factor(const char* name, double factor) {
  if (!(factor >= 0))
    throw error<ValueError>("Invalid value for argument {}: expected a non-negative float. Received: {}={}", name, name, factor);
}

}  // namespace

Regularizer L2(L2Args args) {
  check_factor("l2", args.l2);
  return make_regularizer(
      "L2", args, +[](const L2Args& a, const Tensor& x) { return ops::sum(ops::square(x)) * a.l2; });
}
Regularizer L1(L1Args args) {
  check_factor("l1", args.l1);
  return make_regularizer(
      "L1", args, +[](const L1Args& a, const Tensor& x) { return ops::sum(ops::absolute(x)) * a.l1; });
}

Regularizer L1L2(L1L2Args args) {
  check_factor("l1", args.l1);
  check_factor("l2", args.l2);
  return make_regularizer(
      "L1L2", args,
      +[](const L1L2Args& a, const Tensor& x) { return ops::sum(ops::absolute(x)) * a.l1 + ops::sum(ops::square(x)) * a.l2; });
}

std::span<const RegularizerRow> registry() {
  static const RegularizerRow rows[] = {
      {"L1", {"l1"}, +[](const Json& config) { return L1(saving::from_json<L1Args>(config)); }},
      {"L1L2", {"l1_l2"}, +[](const Json& config) { return L1L2(saving::from_json<L1L2Args>(config)); }},
      {"L2", {"l2"}, +[](const Json& config) { return L2(saving::from_json<L2Args>(config)); }},
  };
  return rows;
}

}  // namespace regularizers

PYTHON_NAMES("keras.Regularizer");
Regularizer::Regularizer(const std::string& name) {
  if (!name.empty()) read_object(Json(name), *this, regularizers::registry());
}

void write_json(const Regularizer& regularizer, Json& out) { out = regularizer ? serialize(*regularizer.impl()) : Json(); }
void read_json(const Json& json, Regularizer& regularizer) { read_object(json, regularizer, regularizers::registry()); }

}  // namespace cornu::keras
