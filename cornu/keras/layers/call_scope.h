#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cornu/keras/layers/layer.h"

namespace cornu {
class Trace;
}

namespace cornu::keras {

// What a call carries down to the layers it calls: whether it trains, and the losses that they add. A trace within, that finds
// shapes for instance, keeps its losses to itself.
class CallScope {
 public:
  // A call by the user or by another layer; an absent `training` is the surrounding call's.
  explicit CallScope(std::optional<bool> training);
  ~CallScope();
  CallScope(const CallScope&) = delete;
  CallScope& operator=(const CallScope&) = delete;
  static bool training();
  static void add_loss(const Tensor& loss);
  // The losses added since the trace's outermost scope began; none outside of one.
  static const std::vector<Tensor>& current_losses();

  // An error's text with the layer and its arguments said, once, by the innermost layer.
  static std::string explained(const std::string& text, const LayerImpl& layer, const Arguments& arguments);

 private:
  CallScope* outer_;
  const Trace* trace_;
  bool training_;
  std::vector<Tensor> own_losses_;
  std::vector<Tensor>* losses_;
};

// The names of the layers being built or called, from the outermost: a weight's path.
class NameScope {
 public:
  explicit NameScope(const std::string& name);
  ~NameScope();
  NameScope(const NameScope&) = delete;
  NameScope& operator=(const NameScope&) = delete;
  static std::string path();                         // "sequential/dense"
  static std::string path(const std::string& name);  // "sequential/dense/kernel"

 private:
  bool pushed_;
};

// While it lives, weights that layers make on this thread stay zero, and take no memory, until they are assigned: their values are
// in the file that describes the layers.
class WithoutInitialValues {
 public:
  WithoutInitialValues();
  ~WithoutInitialValues();
  WithoutInitialValues(const WithoutInitialValues&) = delete;
  WithoutInitialValues& operator=(const WithoutInitialValues&) = delete;
  static bool active();

 private:
  bool outer_;
};

// While the outermost lives, the models that are called on this thread may call so many layers in them, and no more: a small file can
// describe models in models that each call the next one twice.
class CallBudget {
 public:
  explicit CallBudget(int64_t calls);
  ~CallBudget();
  CallBudget(const CallBudget&) = delete;
  CallBudget& operator=(const CallBudget&) = delete;
  static void spend_one();  // ValueError: nothing is left

 private:
  bool is_outermost_;
};

Tensor cast_to(const Tensor& tensor, DType dtype);

}  // namespace cornu::keras
