#pragma once

#include <string>

#include "cornu/base/dtype.h"
#include "cornu/base/json.h"

namespace cornu::keras {

// keras.DTypePolicy: the dtype that a layer computes in and the one it keeps its variables in. "float32", "float16",
// "bfloat16", "float64", "mixed_float16" (computes in float16, keeps float32), "mixed_bfloat16".
class CORNU_API DTypePolicy {
 public:
  DTypePolicy();  // the global policy, of utils::set_dtype_policy; "float32" at first
  DTypePolicy(const char* name) : DTypePolicy(std::string(name)) {}
  // ValueError for an unknown name.
  DTypePolicy(const std::string& name);
  DTypePolicy(DType dtype) : DTypePolicy(std::string(dtype.name())) {}  // which computes in what it keeps
  const std::string& name() const { return name_; }
  DType compute_dtype() const { return compute_; }
  DType variable_dtype() const { return variable_; }
  friend bool operator==(const DTypePolicy&, const DTypePolicy&) = default;

 private:
  std::string name_;
  DType compute_, variable_;
};

// A name, or an object of class DTypePolicy, as files hold it.
CORNU_API void write_json(const DTypePolicy& policy, Json& out);
CORNU_API void read_json(const Json& json, DTypePolicy& policy);

// keras.config.dtype_policy, set_dtype_policy, floatx, set_floatx, epsilon, set_epsilon.
namespace config {
CORNU_API DTypePolicy dtype_policy();
CORNU_API void set_dtype_policy(const DTypePolicy& policy);
CORNU_API DType floatx();
CORNU_API void set_floatx(const std::string& dtype);
CORNU_API double epsilon();  // 1e-7
CORNU_API void set_epsilon(double epsilon);
}  // namespace config

}  // namespace cornu::keras
