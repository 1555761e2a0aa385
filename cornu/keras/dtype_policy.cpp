#include "cornu/keras/dtype_policy.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <regex>

#include "cornu/base/errors.h"
#include "cornu/base/python_names.h"
#include "cornu/keras/saving/json_fields.h"

namespace cornu::keras {
namespace {

std::optional<DTypePolicy> global_policy;
DType global_floatx = float32;
double global_epsilon = 1e-7;
constexpr std::string_view kMapPrefix = "map_";

[[noreturn]] void refuse_quantized(const std::string& what) {
  throw error<NotImplementedError>(
      "Quantized dtype policies are not supported. Received: {}. Use 'mixed_bfloat16', 'mixed_float16' or a float dtype; a model "
      "that was quantized has to be saved before `quantize`.",
      what);
}

// "int8_from_float32", "gptq/4/-1_from_mixed_bfloat16"
bool is_quantized_name(const std::string& name) { return name.find("_from_") != name.npos; }

// Keys and layers' names come from files: matching one against another must end soon, and needs no deep stack.
constexpr std::size_t kLongestPattern = 256, kLongestPath = 1024;

bool is_pattern(const std::string& key) { return key.find_first_of("\\^$.|?*+()[]{}") != key.npos; }

std::regex pattern_of(const std::string& key) {
  if (key.size() > kLongestPattern)
    throw error<ValueError>("A pattern of a DTypePolicyMap has at most {} characters. Received: {}", kLongestPattern, key.size());
#ifdef __GLIBCXX__
  constexpr auto kind = std::regex::ECMAScript | std::regex_constants::__polynomial;
#else
  constexpr auto kind = std::regex::ECMAScript;
#endif
  try {
    return std::regex(key, kind);
  } catch (const std::regex_error& e) {
    throw error<ValueError>("A key of a DTypePolicyMap must be a layer's path, or a regular expression ({}). Received: '{}'",
                            e.what(), key);
  }
}

}  // namespace

struct DTypePolicy::Map {
  std::optional<DTypePolicy> given_default;  // files say null for none
  DTypePolicyMap::Entries entries;
  std::vector<std::pair<std::string, std::regex>> patterns;  // of the entries whose keys are more than a path
  DTypePolicyMap::Entries::iterator find(const std::string& key) {
    return std::find_if(entries.begin(), entries.end(), [&](const auto& entry) { return entry.first == key; });
  }
  void add(const std::string& key, const DTypePolicy& policy) {
    if (is_pattern(key)) patterns.emplace_back(key, pattern_of(key));
    entries.emplace_back(key, policy);
  }
  void erase(const std::string& key) {
    entries.erase(find(key));
    std::erase_if(patterns, [&](const auto& pattern) { return pattern.first == key; });
  }
};

DTypePolicy::DTypePolicy() : DTypePolicy(config::dtype_policy()) {}

PYTHON_NAMES("keras.DTypePolicy", "keras.FloatDTypePolicy");
DTypePolicy::DTypePolicy(const std::string& name) : name_(name) {
  if (name_.empty()) {
    *this = config::dtype_policy();
    return;
  }
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
  if (is_quantized_name(name_)) refuse_quantized("'" + name + "'");
  throw error<ValueError>(
      "Cannot convert '{}' to a mixed precision DTypePolicy. Valid policies include 'mixed_float16', 'mixed_bfloat16', and the "
      "name of "
      "any float dtype such as 'float32'.",
      name);
}

DTypePolicy DTypePolicy::of(const std::string& path) const {
  if (!map_) return *this;
  if (const auto found = map_->find(path); found != map_->entries.end()) return found->second;
  std::vector<std::string> matching;
  if (path.size() <= kLongestPath)
    for (const auto& [key, pattern] : map_->patterns)
      if (std::regex_match(path, pattern)) matching.push_back(key);
  if (matching.size() > 1)
    throw error<ValueError>(
        "Path '{}' matches multiple dtype policy specification keys: '{}', '{}'. Please make sure each path only matches at most "
        "one dtype policy specification key in the DTypePolicyMap.",
        path, matching[0], matching[1]);
  return matching.empty() ? default_of_map() : map_->find(matching[0])->second;
}

void DTypePolicy::set_of(const std::string& path, const DTypePolicy& policy) {
  if (!map_) {
    *this = policy;
    return;
  }
  if (const auto found = map_->find(path); found != map_->entries.end()) found->second = policy;
  else map_->add(path, policy);
}

DTypePolicy DTypePolicy::default_of_map() const { return DTypePolicy(name_.substr(kMapPrefix.size())); }

bool operator==(const DTypePolicy& a, const DTypePolicy& b) {
  if (!a.map_ || !b.map_) return !a.map_ && !b.map_ && a.name_ == b.name_;
  return a.map_ == b.map_ || (a.name_ == b.name_ && a.map_->entries == b.map_->entries);
}

// --- maps ---

PYTHON_NAMES("keras.dtype_policies.DTypePolicyMap");
DTypePolicyMap::DTypePolicyMap(std::optional<DTypePolicy> default_policy, Entries policy_map)
    : DTypePolicy(default_policy ? *default_policy : DTypePolicy()) {
  if (map_) throw ValueError("`default_policy` cannot be a `DTypePolicyMap`.");
  map_ = std::make_shared<Map>(Map{std::move(default_policy), {}});
  name_ = std::string(kMapPrefix) + name_;
  for (const auto& [key, policy] : policy_map) set(key, policy);
}

DTypePolicy DTypePolicyMap::default_policy() const { return default_of_map(); }

void DTypePolicyMap::set(const std::string& key, const DTypePolicy& policy) {
  if (contains(key))
    throw error<ValueError>("{} already exist in the DTypePolicyMap with value {}. Please make sure to not use duplicated keys.",
                            key, map_->find(key)->second.name());
  map_->add(key, policy);
}
void DTypePolicyMap::erase(const std::string& key) {
  if (!contains(key)) throw error<ValueError>("The DTypePolicyMap has no key '{}'.", key);
  map_->erase(key);
}
bool DTypePolicyMap::contains(const std::string& key) const { return map_->find(key) != map_->entries.end(); }
std::size_t DTypePolicyMap::size() const { return map_->entries.size(); }

// --- files ---

Json DTypePolicy::get_config() const {
  if (!map_) return Json{{"name", name_}};
  Json policies = Json::object();
  for (const auto& [key, policy] : map_->entries) policies[key] = json_of(policy);
  return Json{{"default_policy", map_->given_default ? json_of(*map_->given_default) : Json(nullptr)}, {"policy_map", policies}};
}
DTypePolicy DTypePolicy::from_config(const Json& config) {
  std::optional<std::string> name;
  saving::read_field(config, "name", name);
  return DTypePolicy(name.value_or(""));
}

void write_json(const DTypePolicy& policy, Json& out) {
  out = Json{{"module", policy.map_ ? "keras.dtype_policies" : "keras"},
             {"class_name", policy.map_ ? "DTypePolicyMap" : "DTypePolicy"},
             {"config", policy.get_config()},
             {"registered_name", nullptr}};
}

namespace {

DTypePolicyMap map_from(const Json& config) {
  std::optional<DTypePolicy> default_policy;
  saving::read_field(config, "default_policy", default_policy);
  DTypePolicyMap::Entries entries;
  if (const auto policies = config.find("policy_map"); policies != config.end() && policies->is_object())
    for (const auto& [key, policy] : policies->items())
      saving::read_field(*policies, key, entries.emplace_back(key, "float32").second);
  return DTypePolicyMap(default_policy, std::move(entries));
}

}  // namespace

void read_json(const Json& json, DTypePolicy& policy) {
  if (json.is_null()) return;
  if (json.is_string()) {
    policy = DTypePolicy(json.get<std::string>());
    return;
  }
  const auto config = json.find("config");
  if (!json.is_object() || config == json.end() || !config->is_object())
    saving::mismatch("the name of a dtype policy, or an object of class DTypePolicy", json);
  const std::string class_name = json.value("class_name", "DTypePolicy");
  if (class_name == "DTypePolicyMap") policy = map_from(*config);
  else if (class_name == "DTypePolicy" || class_name == "FloatDTypePolicy" || class_name == "Policy")
    policy = DTypePolicy::from_config(*config);
  else if (class_name.ends_with("DTypePolicy")) refuse_quantized(class_name);
  else saving::mismatch("an object of class DTypePolicy or DTypePolicyMap", json);
}

namespace dtype_policies {
PYTHON_NAMES("keras.dtype_policies.serialize");
Json serialize(const DTypePolicy& policy) { return json_of(policy); }
PYTHON_NAMES("keras.dtype_policies.deserialize");
DTypePolicy deserialize(const Json& config) {
  DTypePolicy out;
  read_json(config, out);
  return out;
}
PYTHON_NAMES("keras.dtype_policies.get");
DTypePolicy get(const DTypePolicy& identifier) { return identifier; }
}  // namespace dtype_policies

// --- the process's own ---

namespace config {
PYTHON_NAMES("keras.config.dtype_policy");
DTypePolicy dtype_policy() {
  if (!global_policy) global_policy = DTypePolicy(global_floatx);
  return *global_policy;
}
PYTHON_NAMES("keras.config.set_dtype_policy");
void set_dtype_policy(const DTypePolicy& policy) { global_policy = policy; }
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
