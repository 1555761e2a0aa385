#pragma once

#include <string>
#include <vector>

#include "cornu/base/json.h"
#include "cornu/function.h"

namespace cornu::keras::ops {

// What a case of the golden family `control` computes: its attribute `function` is Python text, here said in C++.
TensorNest call_control(const Json& attributes, const std::vector<Tensor>& inputs);

}  // namespace cornu::keras::ops
