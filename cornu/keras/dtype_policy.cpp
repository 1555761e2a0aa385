#include "cornu/keras/dtype_policy.h"

#include <nlohmann/json.hpp>

#include "cornu/base/errors.h"
#include "cornu/base/python_names.h"
#include "cornu/keras/saving/json_fields.h"

namespace cornu::keras {
namespace {

std::string global_policy = "float32";
DType global_floatx = float32;
double global_epsilon = 1e-7;

}  // namespace

DTypePolicy::DTypePolicy() : DTypePolicy(global_policy) {}

PYTHON_NAMES("keras.DTypePolicy");
DTypePolicy::DTypePolicy(const std::string& name) : name_(name.empty() ? global_policy : name) {
  if (name_ == "mixed_float16" || name_ == "mixed_bfloat16") {
    compute_ = name_ == "mixed_float16" ? float16 : bfloat16;
    variable_ = float32;
    return;
  }
  for (DType dtype : all_dtypes())
    if (dtype.name() == name_) {
      compute_ = variable_ = dtype;
      return;
    }
  throw error<ValueError>(
      "Cannot convert '{}' to a mixed precision DTypePolicy. Valid policies include 'mixed_float16', 'mixed_bfloat16', and the "
      "name of "
      "any float dtype such as 'float32'.",
      name);
}

void write_json(const DTypePolicy& policy, Json& out) {
  out = Json{
      {"module", "keras"}, {"class_name", "DTypePolicy"}, {"config", {{"name", policy.name()}}}, {"registered_name", nullptr}};
}

void read_json(const Json& json, DTypePolicy& policy) {
  if (json.is_null()) return;
  if (json.is_string()) {
    policy = DTypePolicy(json.get<std::string>());
    return;
  }
  const auto config = json.find("config");
  if (!json.is_object() || config == json.end() || !config->is_object() || !config->contains("name"))
    saving::mismatch("the name of a dtype policy", json);
  policy = DTypePolicy((*config)["name"].get<std::string>());
}

namespace config {
PYTHON_NAMES("keras.config.dtype_policy");
DTypePolicy dtype_policy() { return DTypePolicy(global_policy); }
PYTHON_NAMES("keras.config.set_dtype_policy");
void set_dtype_policy(const DTypePolicy& policy) { global_policy = policy.name(); }
PYTHON_NAMES("keras.config.floatx");
DType floatx() { return global_floatx; }
PYTHON_NAMES("keras.config.set_floatx");
void set_floatx(const std::string& dtype) {
  const DType wanted = dtype_from_name(dtype);
  if (!wanted.is_floating())
    throw error<ValueError>("Unknown `floatx` value: {}. Expected among 'bfloat16', 'float16', 'float32', 'float64'", dtype);
  global_floatx = wanted;
}
PYTHON_NAMES("keras.config.epsilon");
double epsilon() { return global_epsilon; }
PYTHON_NAMES("keras.config.set_epsilon");
void set_epsilon(double epsilon) { global_epsilon = epsilon; }
}  // namespace config

}  // namespace cornu::keras
