#include "cornu/keras/saving/registration.h"

#include <cxxabi.h>

#include <cstdlib>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <typeindex>

#include "cornu/base/python_names.h"

namespace cornu::keras::saving {
namespace {

struct Registry {
  std::mutex mutex;
  std::map<std::string, detail::Factory> factories;
  std::map<std::type_index, std::string> names;
};
Registry& registry() {
  static Registry instance;
  return instance;
}

}  // namespace

std::string qualified_name(const std::type_info& type) {
  int status = 0;
  char* demangled = abi::__cxa_demangle(type.name(), nullptr, nullptr, &status);
  std::string name = status == 0 ? demangled : type.name();
  std::free(demangled);
  return name;
}

std::string class_name(const std::type_info& type) {
  std::string name = qualified_name(type);
  if (auto at = name.rfind("::"); at != name.npos) name = name.substr(at + 2);
  if (name.size() > 4 && name.ends_with("Impl")) name.resize(name.size() - 4);
  return name;
}

namespace detail {

void add(const std::type_info* type, const RegistrationArgs& args, Factory factory) {
  const std::string name = !args.name.empty() ? args.name : type ? class_name(*type) : "";
  if (name.empty())
    throw ValueError("A function that is registered needs a name: register_keras_serializable(f, {.name = \"f\"}).");
  const std::string registered = args.package + ">" + name;
  std::lock_guard lock(registry().mutex);
  registry().factories[registered] = std::move(factory);
  if (type) registry().names[*type] = registered;
}

std::any make(const std::string& registered_name, const Json& config) {
  Factory factory;
  {
    std::lock_guard lock(registry().mutex);
    const auto found = registry().factories.find(registered_name);
    if (found == registry().factories.end()) return {};
    factory = found->second;
  }
  return factory(config);
}

std::any make(const std::string& registered_name) { return make(registered_name, Json()); }

void refuse_kind(const std::string& registered_name) {
  throw error<TypeError>(
      "'{}' is registered, but as something of another kind than what stands here (a layer, an initializer, a loss, ...).",
      registered_name);
}

}  // namespace detail

PYTHON_NAMES("keras.saving.register_keras_serializable");
void register_keras_serializable(std::function<Tensor(const Tensor&)> function, RegistrationArgs args) {
  detail::add(nullptr, args, [f = std::move(function)](const Json&) { return std::any(f); });
}
void register_keras_serializable(std::function<Tensor(const Tensor&, const Tensor&)> function, RegistrationArgs args) {
  detail::add(nullptr, args, [f = std::move(function)](const Json&) { return std::any(f); });
}

bool is_registered(const std::string& registered_name) {
  std::lock_guard lock(registry().mutex);
  return registry().factories.contains(registered_name);
}

PYTHON_NAMES("keras.saving.get_registered_name");
std::optional<std::string> get_registered_name(const std::type_info& type) {
  std::lock_guard lock(registry().mutex);
  const auto found = registry().names.find(type);
  return found == registry().names.end() ? std::nullopt : std::optional<std::string>(found->second);
}

}  // namespace cornu::keras::saving
