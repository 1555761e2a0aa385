#include "cornu/ir/node.h"

#include <mutex>
#include <unordered_map>

#include "cornu/ir/op.h"

namespace cornu::ir {

// The living nodes of one thread, found by what they are. It holds no reference; a node that dies takes itself out, possibly
// from another thread.
class InternTable {
 public:
  static std::shared_ptr<InternTable>& of_thread() {
    thread_local auto table = std::make_shared<InternTable>();
    return table;
  }

  // The node equal to (op, attributes, operands), with a reference taken, or null.
  Node* find(uint64_t hash, const OpDef& op, const Attributes& attributes, const std::vector<Value>& operands) {
    std::lock_guard lock(mutex_);
    auto [first, last] = nodes_.equal_range(hash);
    for (auto it = first; it != last; ++it) {
      Node* node = it->second;
      if (node->op_ != &op || !(node->attributes_ == attributes) || node->operands_ != operands) continue;
      // A node whose last reference is being dropped elsewhere must not be revived.
      uint32_t seen = node->references_.load();
      while (seen != 0)
        if (node->references_.compare_exchange_weak(seen, seen + 1)) return node;
    }
    return nullptr;
  }
  void insert(Node* node) {
    std::lock_guard lock(mutex_);
    nodes_.emplace(node->hash_, node);
  }
  void erase(Node* node) {
    std::lock_guard lock(mutex_);
    auto [first, last] = nodes_.equal_range(node->hash_);
    for (auto it = first; it != last; ++it)
      if (it->second == node) return void(nodes_.erase(it));
  }

 private:
  std::mutex mutex_;
  std::unordered_multimap<uint64_t, Node*> nodes_;
};

namespace {

uint64_t next_sequence() {
  static std::atomic<uint64_t> counter{1};
  return counter.fetch_add(1, std::memory_order_relaxed);
}

uint64_t hash_of(const OpDef& op, const Attributes& attributes, const std::vector<Value>& operands) {
  uint64_t h = mix(std::hash<const void*>()(&op), attributes.hash());
  for (const Value& v : operands) h = mix(h, ValueHash()(v));
  return h;
}

std::vector<Value> outputs_of(Node* node) {
  std::vector<Value> out;
  out.reserve(node->specs().size());
  for (int i = 0; i < node->outputs(); ++i) out.emplace_back(node, i);
  return out;
}

}  // namespace

std::string to_string(const Spec& spec) { return std::string(spec.dtype.name()) + " " + cornu::to_string(spec.shape); }

Value::Value(Node* node, int output) : node_(node), output_(output) {
  if (node_) node_->references_.fetch_add(1, std::memory_order_relaxed);
}
Value::Value(const Value& other) : Value(other.node_, other.output_) {}
Value::~Value() {
  if (node_ && node_->references_.fetch_sub(1, std::memory_order_acq_rel) == 1) Node::release(node_);
}

std::size_t ValueHash::operator()(const Value& v) const { return mix(v ? v->sequence() : 0, static_cast<uint64_t>(v.output())); }

// Long chains die iteratively: a node released while another is being released waits in a list. (No container: tensors of static
// storage die after the thread's own.)
void Node::release(Node* node) {
  thread_local Node* waiting = nullptr;
  thread_local bool busy = false;
  node->next_dead_ = std::exchange(waiting, node);
  if (busy) return;
  busy = true;
  while (waiting) {
    Node* dead = waiting;
    waiting = dead->next_dead_;
    if (dead->table_) dead->table_->erase(dead);
    delete dead;
  }
  busy = false;
}

void Node::resolve(std::vector<std::shared_ptr<Data>> results) {
  if (table_) table_->erase(this);
  table_ = nullptr;
  resolved_ = std::move(results);
  is_resolved_.store(true, std::memory_order_release);
  depth_.store(0, std::memory_order_relaxed);
  auto dropped = std::move(operands_);
  operands_.clear();
}

std::vector<Value> make_unshared_node(const OpDef& op, Attributes attributes, std::vector<Value> operands) {
  std::vector<Spec> specs;
  specs.reserve(operands.size());
  uint32_t depth = 0;
  for (const Value& v : operands) {
    specs.push_back(v.spec());
    depth = std::max(depth, v->depth());
  }
  auto inferred = op.infer(attributes, specs);
  for (const Spec& spec : inferred) spec.shape.elements();  // refuses what cannot be counted
  Node* node = new Node();
  node->op_ = &op;
  node->attributes_ = std::move(attributes);
  node->operands_ = std::move(operands);
  node->specs_ = std::move(inferred);
  node->sequence_ = next_sequence();
  node->hash_ = mix(std::hash<const void*>()(&op), node->sequence_);
  node->depth_ = depth + 1;
  return outputs_of(node);
}

std::vector<Value> make_node(const OpDef& op, Attributes attributes, std::vector<Value> operands) {
  CORNU_CHECK(int(operands.size()) >= op.min_operands && (op.max_operands < 0 || int(operands.size()) <= op.max_operands),
              "`{}` got {} operands.", op.name, operands.size());
  if (op.has_identity) return make_unshared_node(op, std::move(attributes), std::move(operands));
  auto& table = InternTable::of_thread();
  const uint64_t hash = hash_of(op, attributes, operands);
  if (Node* found = table->find(hash, op, attributes, operands)) {
    auto out = outputs_of(found);
    found->references_.fetch_sub(1, std::memory_order_relaxed);  // the reference that find took
    return out;
  }
  auto out = make_unshared_node(op, std::move(attributes), std::move(operands));
  Node& node = out[0].node();
  node.hash_ = hash;
  node.table_ = table;
  table->insert(&node);
  return out;
}

Value make_leaf(const OpDef& op, Attributes attributes, Spec spec, std::shared_ptr<Data> data) {
  spec.shape.elements();
  Node* node = new Node();
  node->op_ = &op;
  node->attributes_ = std::move(attributes);
  node->specs_.push_back(std::move(spec));
  node->data_ = std::move(data);
  node->sequence_ = next_sequence();
  node->hash_ = mix(std::hash<const void*>()(&op), node->sequence_);
  return Value(node);
}

}  // namespace cornu::ir
