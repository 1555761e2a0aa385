#pragma once

#include <concepts>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cornu/base/dtype.h"
#include "cornu/base/json.h"

namespace cornu::keras {

class DTypePolicy;
CORNU_API bool operator==(const DTypePolicy& a, const DTypePolicy& b);
// A name, or an object of class DTypePolicy or DTypePolicyMap, as files hold it.
CORNU_API void write_json(const DTypePolicy& policy, Json& out);
CORNU_API void read_json(const Json& json, DTypePolicy& policy);

// keras.DTypePolicy: the dtype that a layer computes in and the one it keeps its variables in. "float32", "float16",
// "bfloat16", "float64", "mixed_float16" (computes in float16, keeps float32), "mixed_bfloat16".
class CORNU_API DTypePolicy {
 public:
  DTypePolicy();  // the global policy, of config::set_dtype_policy; that of floatx at first
  DTypePolicy(const char* name) : DTypePolicy(std::string(name)) {}
  // ValueError for an unknown name; NotImplementedError for a quantized policy ("int8_from_float32").
  DTypePolicy(const std::string& name);
  DTypePolicy(DType dtype) : DTypePolicy(std::string(dtype.name())) {}  // which computes in what it keeps
  const std::string& name() const { return name_; }                     // of a map, "map_" and its default's
  DType compute_dtype() const { return compute_; }
  DType variable_dtype() const { return variable_; }
  // The policy of the layer at this path: of a map, what it has for it; else this one.
  DTypePolicy of(const std::string& path) const;
  void set_of(const std::string& path, const DTypePolicy& policy);
  Json get_config() const;
  static DTypePolicy from_config(const Json& config);
  friend bool operator==(const DTypePolicy& a, const DTypePolicy& b);

 protected:
  struct Map;
  std::shared_ptr<Map> map_;  // shared by copies, as Python's objects are

 private:
  friend void write_json(const DTypePolicy& policy, Json& out);
  friend class DTypePolicyMap;
  DTypePolicy default_of_map() const;
  std::string name_;
  DType compute_, variable_;
};
using FloatDTypePolicy = DTypePolicy;

// keras.dtype_policies.DTypePolicyMap: policies of layers by their paths ("encoder/dense"). A key is a path, or a regular
// expression that matches all of one ("encoder/.*"); the path itself comes first.
//   DTypePolicyMap("mixed_bfloat16", {{"model/head", "float32"}})
class CORNU_API DTypePolicyMap : public DTypePolicy {
 public:
  using Entries = std::vector<std::pair<std::string, DTypePolicy>>;
  // Without a default it is the global policy.
  explicit DTypePolicyMap(std::optional<DTypePolicy> default_policy = {}, Entries policy_map = {});
  DTypePolicy default_policy() const;
  // ValueError: several keys match.
  DTypePolicy operator[](const std::string& path) const { return of(path); }
  void set(const std::string& key, const DTypePolicy& policy);  // ValueError: the key is there
  void erase(const std::string& key);
  bool contains(const std::string& key) const;
  std::size_t size() const;
};

// keras.dtype_policies.serialize, deserialize, get.
namespace dtype_policies {
using keras::DTypePolicy, keras::DTypePolicyMap, keras::FloatDTypePolicy;
CORNU_API Json serialize(const DTypePolicy& policy);
CORNU_API DTypePolicy deserialize(const Json& config);
// A name, a dtype or a policy; or a config.
CORNU_API DTypePolicy get(const DTypePolicy& identifier = {});
template <std::same_as<Json> Config>
DTypePolicy get(const Config& identifier) {
  return deserialize(identifier);
}
}  // namespace dtype_policies

// keras.config.dtype_policy, set_dtype_policy, floatx, set_floatx, epsilon, set_epsilon.
namespace config {
CORNU_API DTypePolicy dtype_policy();
CORNU_API void set_dtype_policy(const DTypePolicy& policy);
CORNU_API DType floatx();
CORNU_API void set_floatx(const std::string& dtype);
CORNU_API double epsilon();  // 1e-7
CORNU_API void set_epsilon(double epsilon);
}  // namespace config

// The older names of the same.
namespace mixed_precision {
using keras::DTypePolicy;
using Policy = DTypePolicy;
using config::dtype_policy, config::set_dtype_policy;
inline DTypePolicy global_policy() { return config::dtype_policy(); }
inline void set_global_policy(const DTypePolicy& policy) { config::set_dtype_policy(policy); }
}  // namespace mixed_precision

}  // namespace cornu::keras
