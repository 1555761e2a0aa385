#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "cornu/tensor.h"

namespace cornu {

class Trace;
namespace exec {
class Slot;
}

struct VariableArgs {
  std::string name = "variable";
  bool trainable = true;
  bool autocast = true;              // read in the compute dtype of the layer that reads it
  std::string aggregation = "none";  // how replicas combine: none, mean, sum, only_first_replica
};

// State: a slot of memory with a name. Inside a traced function a read gives the value so far and `assign` replaces it;
// outside, `assign` takes effect at once and a tensor read before keeps the old value. Threads may share one that none of them
// writes: not while a model that holds it is trained.
class CORNU_API Variable {
 public:
  Variable() = default;
  explicit Variable(const Tensor& initial, VariableArgs args = {});
  // Zeros.
  Variable(DType dtype, Shape shape, VariableArgs args = {});

  bool exists() const { return impl_ != nullptr; }
  Tensor value() const;
  operator Tensor() const { return value(); }
  // The value's shape must be the variable's (ValueError); it is cast to the variable's dtype.
  void assign(const Tensor& value) const;
  void assign_add(const Tensor& value) const;
  void assign_sub(const Tensor& value) const;

  const Shape& shape() const;
  DType dtype() const;
  int64_t size() const { return shape().elements(); }
  const std::string& name() const;
  const std::string& path() const;  // "sequential/dense/kernel"
  void set_path(std::string path) const;
  bool trainable() const;
  void set_trainable(bool trainable) const;

  // A penalty on the value, added to a model's loss; applied to the value after an update.
  using Regularizer = std::function<Tensor(const Tensor&)>;
  using Constraint = std::function<Tensor(const Tensor&)>;
  const Regularizer& regularizer() const;
  const Constraint& constraint() const;
  void set_regularizer(Regularizer regularizer) const;
  void set_constraint(Constraint constraint) const;

  // Memory as it is, for readers and writers of files; not inside a trace. `write` first lets snapshots move away.
  const std::byte* read_bytes() const;
  std::byte* write_bytes() const;
  std::shared_ptr<exec::Slot> slot() const;
  friend bool operator==(const Variable& a, const Variable& b) { return a.impl_ == b.impl_; }

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

// While it lives, variables with `autocast` of floating dtype are read in this dtype on this thread (mixed precision); as they are
// with none.
class CORNU_API AutocastScope {
 public:
  explicit AutocastScope(std::optional<DType> compute_dtype);
  ~AutocastScope();
  AutocastScope(const AutocastScope&) = delete;
  AutocastScope& operator=(const AutocastScope&) = delete;
  static const AutocastScope* innermost();  // null outside of any
  std::optional<DType> dtype() const { return dtype_; }

 private:
  std::optional<DType> dtype_;
  const AutocastScope* outer_;
};

CORNU_API Tensor operator+(const Variable& a, const Tensor& b);
CORNU_API Tensor operator-(const Variable& a, const Tensor& b);
CORNU_API Tensor operator*(const Variable& a, const Tensor& b);
CORNU_API Tensor operator/(const Variable& a, const Tensor& b);

}  // namespace cornu
