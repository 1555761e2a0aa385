#pragma once

#include <nlohmann/json.hpp>

#include "cornu/base/json.h"
#include "cornu/base/shape.h"
#include "cornu/keras/layers/layer.h"
#include "cornu/keras/saving/registration.h"
#include "cornu/keras/serializable.h"

namespace cornu::keras {

// {"module", "class_name", "config", "registered_name"} and, for a built layer, "build_config": how files hold an object.
CORNU_API Json serialize(const Operation& operation);
CORNU_API Json serialize(const Serializable& object);
// A function under its registered name, or its own.
CORNU_API Json serialize_function(const std::string& name);

// A serialized object: null, a name, or {"class_name", "config", ...}.
struct ObjectConfig {
  std::string class_name;  // empty for null; of a function, its name
  Json config;             // an object; empty for a name
  std::string module, registered_name;
  bool is_function = false;
  // Whether it may be one of Keras's own, which are known by their names, whichever of Keras's modules the file says.
  bool may_be_keras() const;
};
CORNU_API ObjectConfig object_config(const Json& json);
// JSON in an error's text.
CORNU_API std::string shortened(const Json& json);
// The text under a key; empty where there is none.
CORNU_API std::string text_at(const Json& json, const char* key);

// TypeError: how to register it; ValueError for a Lambda, which is Python code.
[[noreturn]] CORNU_API void refuse_class(const ObjectConfig& found);

// ValueError: the config has an argument that the object made of it does not know. One that is null, false or empty may stand there:
// newer versions of Keras write what is not used.
CORNU_API void refuse_unknown_arguments(const ObjectConfig& found, const Json& own_config);

// The row of a registry (rows have class_name and names) that a class or a name means; null when there is none.
template <class Registry>
auto find_row(const Registry& registry, const std::string& name) -> decltype(&*registry.begin()) {
  for (const auto& row : registry) {
    bool matches = name == row.class_name;
    for (const auto& alias : row.names) matches |= name == alias;
    if (matches) return &row;
  }
  return nullptr;
}

// Makes `object` from what a file or a config says: what is registered, or by a registry whose rows have from_config too.
template <class T, class Registry>
void read_object(const Json& json, T& object, const Registry& registry) {
  const ObjectConfig found = object_config(json);
  if (found.class_name.empty()) {
    object = T();
    return;
  }
  if (auto made = saving::make_registered<typename saving::detail::KindOfHandle<T>::type>(found.registered_name, found.config)) {
    object = T(std::move(made));
    return;
  }
  const auto* row = found.may_be_keras() ? find_row(registry, found.class_name) : nullptr;
  if (!row) refuse_class(found);
  object = row->from_config(found.config);
  if constexpr (std::is_same_v<T, LearningRate>) refuse_unknown_arguments(found, object.schedule()->get_config());
  else refuse_unknown_arguments(found, object.impl()->get_config());
}

}  // namespace cornu::keras
