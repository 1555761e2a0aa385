#pragma once

#include <any>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <typeinfo>

#include "cornu/keras/constraints/constraint.h"
#include "cornu/keras/initializers/initializer.h"
#include "cornu/keras/layers/layer.h"
#include "cornu/keras/losses/loss.h"
#include "cornu/keras/metrics/metric.h"
#include "cornu/keras/optimizers/optimizer.h"
#include "cornu/keras/optimizers/schedules/learning_rate_schedule.h"
#include "cornu/keras/regularizers/regularizer.h"
#include "cornu/keras/saving/json_fields.h"

// Classes and functions of your own in files: Keras's register_keras_serializable. What is registered is found under
// "package>name", in C++ as in Python, when a file, a JSON or a name asks for it; what is not registered is refused.

namespace cornu::keras::saving {

struct RegistrationArgs {
  std::string package = "Custom";
  std::string name;  // default: the C++ class's own, without "Impl"
};

namespace detail {

// The kinds of things that files hold, by the class that stands behind their handles.
template <class Impl, class... Kinds>
struct FirstBase;
template <class Impl, class Kind, class... Rest>
struct FirstBase<Impl, Kind, Rest...> {
  using type =
      typename std::conditional_t<std::is_base_of_v<Kind, Impl>, std::type_identity<Kind>, FirstBase<Impl, Rest...>>::type;
};
template <class Impl>
struct FirstBase<Impl> {
  static_assert(!sizeof(Impl),
                "a layer, model, initializer, regularizer, constraint, loss, metric, optimizer or schedule can be registered");
};
// The kind that a handle stands for: Initializer -> InitializerImpl, LearningRate -> LearningRateScheduleImpl.
template <class Handle>
struct KindOfHandle {
  using type = std::remove_const_t<std::remove_reference_t<decltype(*std::declval<const Handle&>().impl())>>;
};
template <>
struct KindOfHandle<LearningRate> {
  using type = LearningRateScheduleImpl;
};
template <class Impl>
using KindOf = typename FirstBase<Impl, LayerImpl, InitializerImpl, RegularizerImpl, ConstraintImpl, LossImpl, MetricImpl,
                                  OptimizerImpl, LearningRateScheduleImpl>::type;

// Makes an object; the any holds a shared_ptr to its kind, or a function.
using Factory = std::function<std::any(const Json& config)>;
CORNU_API void add(const std::type_info* type, const RegistrationArgs& args, Factory factory);
// What stands under a registered name, made from a config; empty when nothing does.
CORNU_API std::any make(const std::string& registered_name, const Json& config);
std::any make(const std::string& registered_name);  // what needs no config
[[noreturn]] CORNU_API void refuse_kind(const std::string& registered_name);

template <class Impl>
std::shared_ptr<Impl> from_config(const Json& config) {
  if constexpr (requires { Impl::from_config(config); }) {
    return Impl::from_config(config);
  } else if constexpr (std::is_base_of_v<LayerImpl, Impl>) {
    static_assert(std::is_constructible_v<Impl, LayerBaseArgs>,
                  "give the class a constructor of LayerBaseArgs, or a static from_config");
    LayerBaseArgs args;
    read_field(config, "name", args.name);
    read_field(config, "trainable", args.trainable);
    read_field(config, "dtype", args.dtype);
    return std::make_shared<Impl>(std::move(args));
  } else {
    static_assert(std::is_default_constructible_v<Impl>, "give the class a default constructor, or a static from_config");
    return std::make_shared<Impl>();
  }
}

}  // namespace detail

// A class. An object is made again by its `static std::shared_ptr<Impl> from_config(const Json&)`; without one, by its default
// constructor or, for a layer or model, by its constructor of LayerBaseArgs:
//   class ScaleImpl : public LayerImpl { using LayerImpl::LayerImpl; ... };
//   saving::register_keras_serializable<ScaleImpl>({.package = "my_package"});          // "my_package>Scale"
template <class Impl>
void register_keras_serializable(RegistrationArgs args = {}) {
  detail::add(&typeid(Impl), args, [](const Json& config) {
    return std::any(std::shared_ptr<detail::KindOf<Impl>>(detail::from_config<Impl>(config)));
  });
}
// A function: an activation, or one of targets and predictions (a loss, a metric). Its name is required.
//   saving::register_keras_serializable(my_swish, {.package = "my_package", .name = "my_swish"});
//   Dense(10, {.activation = "my_package>my_swish"});
CORNU_API void register_keras_serializable(std::function<Tensor(const Tensor& x)> function, RegistrationArgs args);
CORNU_API void register_keras_serializable(std::function<Tensor(const Tensor& y_true, const Tensor& y_pred)> function,
                                           RegistrationArgs args);

// Whether something stands under "package>name".
bool is_registered(const std::string& registered_name);
// The name under which a class is registered.
CORNU_API std::optional<std::string> get_registered_name(const std::type_info& type);
// Registered under this name: an object of this kind made from the config (null when there is none), or a function (empty).
// TypeError: it is of another kind.
template <class Kind>
std::shared_ptr<Kind> make_registered(const std::string& registered_name, const Json& config) {
  const std::any made = detail::make(registered_name, config);
  if (!made.has_value()) return nullptr;
  if (auto* object = std::any_cast<std::shared_ptr<Kind>>(&made)) return *object;
  detail::refuse_kind(registered_name);
}
template <class Function>
Function get_registered_function(const std::string& registered_name) {
  const std::any made = detail::make(registered_name);
  if (!made.has_value()) return nullptr;
  if (auto* function = std::any_cast<Function>(&made)) return *function;
  detail::refuse_kind(registered_name);
}

// "cornu::keras::layers::DenseImpl": the C++ name, and without namespace and "Impl" as files say it.
std::string qualified_name(const std::type_info& type);
std::string class_name(const std::type_info& type);

}  // namespace cornu::keras::saving
