#pragma once

// For the initializers' own files.

#include "cornu/keras/function_object.h"
#include "cornu/keras/initializers/initializer.h"

namespace cornu::ir {
class Value;
}

namespace cornu::keras::initializers {

// An initializer made of its struct of arguments and a function.
template <class Args>
Initializer make_initializer(const char* class_name, Args args, Tensor (*function)(const Args&, const Shape&, DType)) {
  using Object = FunctionObject<InitializerImpl, Args, const Shape&, DType>;
  return Initializer(std::make_shared<const Object>(class_name, std::move(args), function));
}

using Draw = ir::Value (*)(const ir::Value& key, const Shape& shape, DType dtype);
// Without a seed, with the next one of the process.
Tensor draw(Draw distribution, const std::optional<int64_t>& seed, const Shape& shape, DType dtype);

}  // namespace cornu::keras::initializers
