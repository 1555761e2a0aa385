#pragma once

#include "cornu/base/json.h"
#include "cornu/base/shape.h"
#include "cornu/keras/layers/layer.h"
#include "cornu/keras/serializable.h"

namespace cornu::keras {

// {"module", "class_name", "config", "registered_name"} and, for a built layer, "build_config": how files hold an object.
CORNU_API Json serialize(const Operation& operation);
CORNU_API Json serialize(const Serializable& object);
Json shape_json(const Shape& shape);  // [null, 784]

}  // namespace cornu::keras
