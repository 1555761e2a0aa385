#pragma once

// For the initializers', regularizers' and constraints' own files.

#include <nlohmann/json.hpp>

#include "cornu/keras/saving/json_fields.h"

namespace cornu::keras {

// An object of Keras made of its struct of arguments, which is its config, and a function of these and of what it is called with.
template <class Impl, class Args, class... Given>
class FunctionObject final : public Impl {
 public:
  using Function = Tensor (*)(const Args&, Given...);
  FunctionObject(std::string class_name, Args args, Function function)
      : class_name_(std::move(class_name)), args_(std::move(args)), function_(function) {}
  std::string class_name() const override { return class_name_; }
  Tensor call(Given... given) const override { return function_(args_, given...); }
  Json get_config() const override {
    const Json fields = saving::to_json(args_);
    Json out = Json::object();
    if (fields.contains("seed")) out["seed"] = fields["seed"];  // the base class of Keras's initializers writes it, first
    out.update(fields);
    return out;
  }

 private:
  std::string class_name_;
  Args args_;
  Function function_;
};

// The arguments of what has none.
struct NoArgs {};

}  // namespace cornu::keras
