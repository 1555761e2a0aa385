#pragma once

#include <bit>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <typeinfo>
#include <vector>

#include "cornu/base/dtype.h"
#include "cornu/base/errors.h"
#include "cornu/base/reflect.h"
#include "cornu/base/shape.h"

namespace cornu::ir {

struct Graph;
using GraphPtr = std::shared_ptr<const Graph>;

inline uint64_t mix(uint64_t seed, uint64_t value) {
  uint64_t x = seed ^ (value + 0x9e3779b97f4a7c15ull + (seed << 6) + (seed >> 2));
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
  return x ^ (x >> 31);
}

// What an attribute's field may be: each kind says how it hashes, compares and prints. A field may be a graph.
namespace field {
uint64_t hash(const GraphPtr& graph);
bool same(const GraphPtr& a, const GraphPtr& b);
std::string text(const GraphPtr& graph);
inline uint64_t hash(const std::string& v) { return std::hash<std::string>()(v); }
inline uint64_t hash(DType v) { return v.index(); }
inline uint64_t hash(double v) { return std::bit_cast<uint64_t>(v); }
template <class T>
requires std::is_integral_v<T> || std::is_enum_v<T> uint64_t hash(T v) { return static_cast<uint64_t>(v); }
template <class T>
uint64_t hash(const std::vector<T>& v) {
  uint64_t h = v.size();
  for (const auto& item : v) h = mix(h, hash(item));
  return h;
}
inline uint64_t hash(const Shape& v) { return hash(v.dims()); }
template <class T>
uint64_t hash(const std::optional<T>& v) {
  return v ? mix(1, hash(*v)) : 0;
}

inline bool same(double a, double b) { return std::bit_cast<uint64_t>(a) == std::bit_cast<uint64_t>(b); }
template <class T>
bool same(const T& a, const T& b) {
  return a == b;
}

inline std::string text(const std::string& v) { return v; }
inline std::string text(DType v) { return std::string(v.name()); }
inline std::string text(bool v) { return v ? "true" : "false"; }
inline std::string text(double v) { return fmt::format("{}", v); }
template <class T>
requires std::is_integral_v<T> || std::is_enum_v<T> std::string text(T v) { return std::to_string(static_cast<int64_t>(v)); }
template <class T>
std::string text(const std::vector<T>& v) {
  std::string out = "[";
  for (const auto& item : v) out.append(out.size() > 1 ? "," : "").append(text(item));
  return out + "]";
}
inline std::string text(const Shape& v) { return to_string(v); }
template <class T>
std::string text(const std::optional<T>& v) {
  return v ? text(*v) : "none";
}
}  // namespace field

// The attributes of a node: any plain struct of the kinds above, shared and immutable.
class Attributes {
 public:
  Attributes() = default;
  template <class A>
  static Attributes of(A value) {
    Attributes out;
    out.held_ = std::make_shared<const Holder<A>>(std::move(value));
    return out;
  }
  template <class A>
  const A& as() const {
    CORNU_CHECK(held_ && held_->type() == typeid(A), "Attributes of another type.");
    return static_cast<const Holder<A>*>(held_.get())->value;
  }
  uint64_t hash() const { return held_ ? held_->hash() : 0; }
  std::string text() const { return held_ ? held_->text() : ""; }
  std::vector<GraphPtr> graphs() const { return held_ ? held_->graphs() : std::vector<GraphPtr>(); }
  // The same attributes with other graphs, in the order of graphs().
  Attributes with_graphs(const std::vector<GraphPtr>& graphs) const;
  friend bool operator==(const Attributes& a, const Attributes& b) {
    if (a.held_ == b.held_) return true;
    return a.held_ && b.held_ && a.held_->type() == b.held_->type() && a.held_->same(*b.held_);
  }

 private:
  struct Base {
    virtual ~Base() = default;
    virtual const std::type_info& type() const = 0;
    virtual uint64_t hash() const = 0;
    virtual bool same(const Base& other) const = 0;
    virtual std::string text() const = 0;
    virtual std::vector<GraphPtr> graphs() const = 0;
    virtual std::shared_ptr<const Base> with_graphs(const std::vector<GraphPtr>& graphs) const = 0;
  };
  template <class A>
  struct Holder;
  std::shared_ptr<const Base> held_;
};

// For ops without attributes.
struct NoAttributes {};

template <class A>
struct Attributes::Holder final : Attributes::Base {
  A value;
  explicit Holder(A v) : value(std::move(v)) {}
  const std::type_info& type() const override { return typeid(A); }
  uint64_t hash() const override {
    uint64_t h = typeid(A).hash_code();
    reflect::for_each_field(value, [&](std::string_view, const auto& v) { h = mix(h, field::hash(v)); });
    return h;
  }
  bool same(const Base& other) const override {
    const A& b = static_cast<const Holder&>(other).value;
    auto x = reflect::tie_fields(value);
    auto y = reflect::tie_fields(b);
    return [&]<std::size_t... I>(std::index_sequence<I...>) { return (field::same(std::get<I>(x), std::get<I>(y)) && ...); }
    (std::make_index_sequence<reflect::field_count<A>>{});
  }
  std::string text() const override {
    std::string out;
    reflect::for_each_field(value, [&](std::string_view name, const auto& v) {
      out.append(out.empty() ? "" : " ").append(name).append("=").append(field::text(v));
    });
    return out;
  }
  std::vector<GraphPtr> graphs() const override {
    std::vector<GraphPtr> out;
    reflect::for_each_field(value, [&](std::string_view, const auto& v) {
      if constexpr (std::is_same_v<std::decay_t<decltype(v)>, GraphPtr>) out.push_back(v);
    });
    return out;
  }
  std::shared_ptr<const Base> with_graphs(const std::vector<GraphPtr>& graphs) const override {
    A copy = value;
    std::size_t next = 0;
    reflect::for_each_field(copy, [&](std::string_view, auto& v) {
      if constexpr (std::is_same_v<std::decay_t<decltype(v)>, GraphPtr>) v = graphs.at(next++);
    });
    return std::make_shared<const Holder>(std::move(copy));
  }
};

inline Attributes Attributes::with_graphs(const std::vector<GraphPtr>& graphs) const {
  Attributes out;
  out.held_ = held_->with_graphs(graphs);
  return out;
}

}  // namespace cornu::ir
