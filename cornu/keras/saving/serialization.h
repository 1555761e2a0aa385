#pragma once

#include <nlohmann/json.hpp>

#include "cornu/base/json.h"
#include "cornu/base/shape.h"
#include "cornu/keras/layers/layer.h"
#include "cornu/keras/serializable.h"

namespace cornu::keras {

// {"module", "class_name", "config", "registered_name"} and, for a built layer, "build_config": how files hold an object.
CORNU_API Json serialize(const Operation& operation);
CORNU_API Json serialize(const Serializable& object);
Json shape_json(const Shape& shape);  // [null, 784]

// The class and config of a serialized object: null, a name, or {"class_name", "config", ...}. Whatever module it says: classes
// are known by their names.
struct ObjectConfig {
  std::string class_name;  // empty for null
  Json config;             // an object; empty for a name
};
CORNU_API ObjectConfig object_config(const Json& json);

[[noreturn]] CORNU_API void refuse_class(const std::string& class_name);

// Makes `object` from what a file or a config says, by a registry whose rows have class_name, names and from_config.
template <class T, class Registry>
void read_object(const Json& json, T& object, const Registry& registry) {
  const ObjectConfig found = object_config(json);
  if (found.class_name.empty()) {
    object = T();
    return;
  }
  for (const auto& row : registry) {
    bool matches = found.class_name == row.class_name;
    for (const char* name : row.names) matches |= found.class_name == name;
    if (matches) {
      object = row.from_config(found.config);
      return;
    }
  }
  refuse_class(found.class_name);
}

}  // namespace cornu::keras
