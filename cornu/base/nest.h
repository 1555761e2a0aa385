#pragma once

#include <algorithm>
#include <initializer_list>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "cornu/base/errors.h"

namespace cornu {

// A leaf, a list of nests or a dict of nests: the structure of a model's inputs, outputs, targets, states and logs.
template <class T>
class Nest {
 public:
  using List = std::vector<Nest>;
  using Dict = std::vector<std::pair<std::string, Nest>>;  // in the order written; flattening sorts by key, as Keras does

  Nest() : value_(List{}) {}
  Nest(T leaf) : value_(std::move(leaf)) {}
  Nest(List list) : value_(std::move(list)) {}
  Nest(std::vector<T> leaves) : value_(List(leaves.begin(), leaves.end())) {}
  Nest(Dict dict) : value_(std::move(dict)) {}
  // {a, b} is a list and {{"key", a}} a dict; copy with parentheses, for braces make a list of one.
  Nest(std::initializer_list<Nest> items) : value_(List(items)) {}
  Nest(std::initializer_list<std::pair<std::string, Nest>> entries) : value_(Dict(entries)) {}

  bool is_leaf() const { return value_.index() == 0; }
  bool is_list() const { return value_.index() == 1; }
  bool is_dict() const { return value_.index() == 2; }
  const T& leaf() const { return at<T>("a single value"); }
  T& leaf() { return const_cast<T&>(std::as_const(*this).leaf()); }
  const List& list() const { return at<List>("a list"); }
  const Dict& dict() const { return at<Dict>("a dict"); }
  const Nest& operator[](std::string_view key) const {
    for (const auto& [name, nest] : dict())
      if (name == key) return nest;
    std::string known;
    for (const auto& [name, nest] : dict()) known += (known.empty() ? "" : ", ") + name;
    throw error<ValueError>("No entry '{}'. Known: {}", key, known);
  }

  // The leaves: lists in order, dicts by sorted key.
  std::vector<T> flatten() const {
    std::vector<T> out;
    visit([&](const T& leaf) { out.push_back(leaf); });
    return out;
  }
  template <class F>
  void visit(F&& f) const {
    if (is_leaf()) return void(f(leaf()));
    if (is_list()) {
      for (const auto& item : list()) item.visit(f);
      return;
    }
    for (const auto* entry : sorted()) entry->second.visit(f);
  }
  // The same structure with f(leaf) at each leaf, called in flattening order.
  template <class F>
  auto map(F&& f) const {
    using U = std::decay_t<decltype(f(std::declval<const T&>()))>;
    if (is_leaf()) return Nest<U>(U(f(leaf())));
    if (is_list()) {
      typename Nest<U>::List out;
      for (const auto& item : list()) out.push_back(item.map(f));
      return Nest<U>(std::move(out));
    }
    typename Nest<U>::Dict out(dict().size());
    for (const auto* entry : sorted()) out[entry - dict().data()] = {entry->first, entry->second.map(f)};
    return Nest<U>(std::move(out));
  }
  std::size_t count() const {
    std::size_t n = 0;
    visit([&](const T&) { ++n; });
    return n;
  }

 private:
  template <class V>
  const V& at(const char* expected) const {
    if (const V* value = std::get_if<V>(&value_)) return *value;
    throw error<ValueError>("Expected {}, received {}.", expected,
                            is_leaf()   ? "a single value"
                            : is_list() ? "a list"
                                        : "a dict");
  }
  std::vector<const std::pair<std::string, Nest>*> sorted() const {
    std::vector<const std::pair<std::string, Nest>*> out;
    for (const auto& entry : dict()) out.push_back(&entry);
    std::sort(out.begin(), out.end(), [](auto* a, auto* b) { return a->first < b->first; });
    return out;
  }

  std::variant<T, List, Dict> value_;
};

}  // namespace cornu
