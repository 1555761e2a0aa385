#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cornu/variable.h"

namespace cornu::keras {

// Something with state that files hold: a layer, an optimizer, a metric, a seed generator. Its variables are numbered in files
// ("vars/0", "vars/1"), its children stand under the names that Keras gives the attributes that hold them.
class CORNU_API Trackable {
 public:
  struct Child {
    std::string attribute;  // "encoder", "seed_generator", "layers"
    std::vector<std::shared_ptr<Trackable>> items;
    bool is_list = false;
  };
  virtual ~Trackable() = default;
  // Keras's class in snake_case: names the members of a list ("dense", "dense_1").
  virtual std::string trackable_name() const = 0;
  // In the order of files.
  virtual std::vector<Variable> own_variables() const = 0;
  virtual std::vector<Child> children() const { return children_; }

 protected:
  void track_child(std::string attribute, std::shared_ptr<Trackable> item) {
    children_.push_back({std::move(attribute), {std::move(item)}, false});
  }
  std::vector<Child> children_;
};

}  // namespace cornu::keras
