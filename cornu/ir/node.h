#pragma once

#include <atomic>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "cornu/ir/attributes.h"

namespace cornu::ir {

class Node;
struct OpDef;

// What is known of a value before it is computed.
struct Spec {
  DType dtype;
  Shape shape;
  friend bool operator==(const Spec&, const Spec&) = default;
};
std::string to_string(const Spec& spec);  // "float32 (32, 10)"
inline int64_t bytes_of(const Spec& spec) { return spec.shape.elements() * spec.dtype.size(); }

// Something concrete that a leaf stands for: device memory. The device's rooms derive from it.
class Data {
 public:
  virtual ~Data() = default;
};

// One output of a node.
class Value {
 public:
  Value() = default;
  explicit Value(Node* node, int output = 0);
  Value(const Value& other);
  Value(Value&& other) noexcept : node_(std::exchange(other.node_, nullptr)), output_(other.output_) {}
  Value& operator=(Value other) noexcept {
    std::swap(node_, other.node_);
    output_ = other.output_;
    return *this;
  }
  ~Value();

  explicit operator bool() const { return node_ != nullptr; }
  Node& node() const { return *node_; }
  const Node* operator->() const { return node_; }
  int output() const { return output_; }
  const Spec& spec() const;
  const Shape& shape() const { return spec().shape; }
  DType dtype() const { return spec().dtype; }
  friend bool operator==(const Value& a, const Value& b) { return a.node_ == b.node_ && a.output_ == b.output_; }

 private:
  Node* node_ = nullptr;
  int output_ = 0;
};

struct ValueHash {
  std::size_t operator()(const Value& v) const;
};

// An op applied to operands. Immutable once born in make_node, save for `resolve` of an eager chain.
class Node {
 public:
  const OpDef& op() const { return *op_; }
  const Attributes& attributes() const { return attributes_; }
  template <class A>
  const A& attributes() const {
    return attributes_.as<A>();
  }
  std::span<const Value> operands() const { return operands_; }
  const Value& operand(int i) const { return operands_.at(i); }
  std::span<const Spec> specs() const { return specs_; }
  int outputs() const { return static_cast<int>(specs_.size()); }
  // Grows with creation: an operand's is always smaller.
  uint64_t sequence() const { return sequence_; }
  uint64_t hash() const { return hash_; }
  // Would make_node return it for an equal one?
  bool is_shared() const { return table_ != nullptr; }
  // The length of the longest chain of unresolved nodes below; bounds eager laziness.
  uint32_t depth() const { return depth_.load(std::memory_order_relaxed); }
  const std::shared_ptr<Data>& data() const { return data_; }
  // The results of an evaluated eager node, one an output; empty before.
  std::span<const std::shared_ptr<Data>> resolved() const {
    if (!is_resolved_.load(std::memory_order_acquire)) return {};
    return resolved_;
  }
  // Called once by eager evaluation: the node's results exist, its operands are let go. Other threads may ask for resolved()
  // meanwhile; who walks through operands holds evaluation's lock.
  void resolve(std::vector<std::shared_ptr<Data>> results);

 private:
  friend class Value;
  friend Value make_leaf(const OpDef&, Attributes, Spec, std::shared_ptr<Data>);
  friend std::vector<Value> make_node(const OpDef&, Attributes, std::vector<Value>);
  friend std::vector<Value> make_unshared_node(const OpDef&, Attributes, std::vector<Value>);
  friend class InternTable;
  Node() = default;
  ~Node() = default;
  static void release(Node* node);

  const OpDef* op_ = nullptr;
  Attributes attributes_;
  std::vector<Value> operands_;
  std::vector<Spec> specs_;
  std::vector<std::shared_ptr<Data>> resolved_;
  std::shared_ptr<Data> data_;
  uint64_t sequence_ = 0, hash_ = 0;
  std::atomic<uint32_t> depth_{0};
  std::atomic<bool> is_resolved_{false};
  std::atomic<uint32_t> references_{0};
  std::shared_ptr<class InternTable> table_;  // where it is interned, if it is
  Node* next_dead_ = nullptr;                 // while it waits to be deleted
};

// The only birthplace of a node: runs the shape rule and returns the node that exists already when there is one.
// One value an output.
std::vector<Value> make_node(const OpDef& op, Attributes attributes, std::vector<Value> operands);
// Never merged with an equal node, now or later: only who is given it can have it evaluated.
std::vector<Value> make_unshared_node(const OpDef& op, Attributes attributes, std::vector<Value> operands);
// A node without operands whose identity is its own (a parameter, device memory).
Value make_leaf(const OpDef& op, Attributes attributes, Spec spec, std::shared_ptr<Data> data = nullptr);

inline const Spec& Value::spec() const { return node_->specs()[output_]; }

}  // namespace cornu::ir
