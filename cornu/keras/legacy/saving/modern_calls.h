#pragma once

#include <map>
#include <string>

#include "cornu/base/json.h"

namespace cornu::keras::legacy {

// The calls of a functional model. Keras 2 lists the tensors of a call, each as [layer, node, tensor, keyword arguments]; Keras 3 has
// an object with `args` and `kwargs`, also in .h5 files.
class ModernCalls {
 public:
  explicit ModernCalls(const Json& config);

  // One of a layer's inbound nodes.
  Json call(const Json& node) const;
  // The input or output layers.
  Json places(const Json& json) const;

 private:
  struct Called {
    bool is_functional = false;
    int64_t calls = 0, largest = -1;  // its inbound nodes, and the largest number by which a tensor of theirs is known
    // A model of Keras 2 has a node of its own, so that its calls count from one: then the last is known by their number.
    int64_t first() const { return calls > 0 && largest >= calls ? 1 : 0; }
  };
  void note(const Json& json);
  bool is_place(const Json& json) const;
  Json value(const Json& json) const;

  std::map<std::string, Called> layers_;
  bool is_modern_ = false;
};

}  // namespace cornu::keras::legacy
