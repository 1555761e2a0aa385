#pragma once

// For tests only: what real Keras computed, in the pooled files under tests/data/golden (tools/golden/README.md).

#include <gtest/gtest.h>

#include <fmt/ranges.h>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "cornu/base/environment.h"
#include "cornu/function.h"
#include "cornu/io/npz.h"
#include "cornu/keras/saving/json_fields.h"

namespace cornu {

// CORNU_TEST_DATA: where the tests run without the source tree.
inline std::string golden_path(const std::string& name) {
  return environment("CORNU_TEST_DATA").value_or(CORNU_SOURCE_DIR "/tests/data") + "/golden/" + name;
}

class GoldenFile {
 public:
  // "layers/layers.npz".
  explicit GoldenFile(const std::string& name) : arrays_(io::read_npz(golden_path(name))) {
    const auto meta = arrays_.at("meta").values<uint8_t>();
    meta_ = Json::parse(meta.begin(), meta.end());
  }
  const Json& meta() const { return meta_; }
  const Json& cases() const { return meta_["cases"]; }

  // A reference into a pool, a Python number, or nothing.
  Tensor tensor(const Json& json) const {
    if (json.is_null()) return Tensor();
    if (json.contains("scalar")) {
      Tensor number;
      read_json(json["scalar"], number);
      return number;
    }
    const auto dtype = dtype_from_name(json["dtype"].get<std::string>());
    const io::HostArray& pool = arrays_.at(std::string(dtype.name()));
    const std::byte* from = pool.data.get() + json["offset"].get<int64_t>() * dtype.size();
    return Tensor::from_memory({pool.data, from}, dtype, Shape(json["shape"].get<std::vector<int64_t>>()));
  }
  std::vector<Tensor> tensors(const Json& list) const {
    std::vector<Tensor> out;
    for (const Json& item : list) out.push_back(tensor(item));
    return out;
  }
  // Lists and dicts of references.
  TensorNest nest(const Json& json) const {
    if (json.is_array()) {
      TensorNest::List list;
      for (const Json& item : json) list.push_back(nest(item));
      return TensorNest(std::move(list));
    }
    if (json.is_null() || json.contains("dtype") || json.contains("scalar")) return TensorNest(tensor(json));
    TensorNest::Dict dict;
    for (const auto& [key, item] : json.items()) dict.emplace_back(key, nest(item));
    return TensorNest(std::move(dict));
  }

 private:
  io::NamedArrays arrays_;
  Json meta_;
};

// Within `tolerance` of the wanted array's largest magnitude; shapes are equal.
inline void expect_close(const Tensor& actual, const Tensor& wanted, const std::string& what, double tolerance = 1e-5) {
  ASSERT_TRUE(actual.exists()) << what;
  ASSERT_EQ(to_string(actual.shape()), to_string(wanted.shape())) << what;
  const auto a = actual.to_vector<double>(), w = wanted.to_vector<double>();
  double largest = 1e-6;
  for (double v : w) largest = std::max(largest, std::abs(v));
  for (std::size_t i = 0; i < w.size(); ++i) ASSERT_NEAR(a[i], w[i], tolerance * largest) << what << ", element " << i;
}
inline void expect_close(const std::vector<Tensor>& actual, const std::vector<Tensor>& wanted, const std::string& what,
                         double tolerance = 1e-5) {
  ASSERT_EQ(actual.size(), wanted.size()) << what;
  for (std::size_t i = 0; i < wanted.size(); ++i) expect_close(actual[i], wanted[i], what + " " + std::to_string(i), tolerance);
}

// The first place where two configs differ, the order of keys included; "" when they are equal. An object that Keras shares
// ("shared_object_id": Python's address of it) is written whole by both, so the address says nothing.
inline std::string json_difference(const Json& actual, const Json& wanted, const std::string& path = "") {
  if (!wanted.is_object()) {
    if (!wanted.is_array()) return actual == wanted ? "" : path + " is " + actual.dump() + " instead of " + wanted.dump();
    if (!actual.is_array() || actual.size() != wanted.size())
      return path + " is " + actual.dump() + " instead of " + wanted.dump();
    for (std::size_t i = 0; i < wanted.size(); ++i)
      if (auto found = json_difference(actual[i], wanted[i], path + "/" + std::to_string(i)); !found.empty()) return found;
    return "";
  }
  if (!actual.is_object()) return path + " is " + actual.dump() + " instead of " + wanted.dump();
  auto keys = [](const Json& json) {
    std::string out;
    for (const auto& [key, value] : json.items())
      if (key != "shared_object_id") out += key + " ";
    return out;
  };
  if (keys(actual) != keys(wanted)) return path + " has the keys " + keys(actual) + "instead of " + keys(wanted);
  for (const auto& [key, value] : actual.items())
    if (key != "shared_object_id")
      if (auto found = json_difference(value, wanted[key], path + "/" + key); !found.empty()) return found;
  return "";
}

// What a registry has must be tested; what Keras has and Cornu has not yet is said.
class Coverage {
 public:
  explicit Coverage(const char* what) : what_(what) {}
  // The row of a class; null when there is none.
  template <class Rows>
  auto find(const Rows& rows, const std::string& class_name) {
    const auto found = std::find_if(rows.begin(), rows.end(), [&](const auto& row) { return row.class_name == class_name; });
    (found == rows.end() ? missing_ : tested_).insert(class_name);
    return found == rows.end() ? nullptr : &*found;
  }
  template <class Rows>
  void expect_all(const Rows& rows) {
    for (const auto& row : rows) EXPECT_TRUE(tested_.count(row.class_name)) << row.class_name << " has no golden case";
    if (!missing_.empty())
      std::printf("%s with golden cases that do not exist yet: %s\n", what_,
                  fmt::format("{}", fmt::join(missing_, ", ")).c_str());
  }

 private:
  const char* what_;
  std::set<std::string> tested_, missing_;
};

}  // namespace cornu
