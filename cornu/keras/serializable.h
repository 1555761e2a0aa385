#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "cornu/base/api.h"
#include "cornu/base/json.h"

namespace cornu::keras {

// An object with a class and a config that files hold: an initializer, a regularizer, an optimizer, ...
class CORNU_API Serializable {
 public:
  virtual ~Serializable() = default;
  virtual std::string class_name() const = 0;   // "GlorotUniform"
  virtual std::string module_name() const = 0;  // "keras.initializers"
  virtual std::string registered_name() const { return ""; }
  virtual Json get_config() const = 0;
};

}  // namespace cornu::keras
