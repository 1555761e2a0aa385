#include "cli/dtype_policy.h"

namespace cornu::cli {
namespace {

void replace_float32(const keras::Layer& layer, const keras::DTypePolicy& policy) {
  if (layer.dtype_policy() == "float32") layer.set_dtype_policy(policy);
  for (const keras::Layer& inner : layer.impl()->sublayers()) replace_float32(inner, policy);
}

keras::DTypePolicy policy_of(const std::string& name) {
  try {
    return name;
  } catch (const std::logic_error& e) {
    throw UsageError(std::string("--dtype-policy: ") + e.what());
  }
}

}  // namespace

std::shared_ptr<std::string> add_dtype_policy_option(CLI::App& verb) {
  auto name = std::make_shared<std::string>();
  verb.add_option("--dtype-policy", *name, "mixed_float16 or mixed_bfloat16: for the layers of float32");
  return name;
}

void set_default_dtype_policy(const std::string& name) {
  if (!name.empty()) keras::config::set_dtype_policy(policy_of(name));
}

void set_dtype_policy(const keras::Model& model, const std::string& name) {
  if (!name.empty()) replace_float32(model, policy_of(name));
}

}  // namespace cornu::cli
