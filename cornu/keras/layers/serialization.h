#pragma once

#include "cornu/base/json.h"
#include "cornu/keras/layers/layer.h"

namespace cornu::keras::layers {

// {"module": "keras.layers", "class_name": "Dense", "config": get_config(), ...}, as files hold it; no weights.
CORNU_API Json serialize(const Layer& layer);
// The layer or model that `serialize` told, with new weights. ValueError: a config that does not fit; TypeError: a class that is
// neither Keras's nor registered (saving/registration.h).
CORNU_API Layer deserialize(const Json& config);

}  // namespace cornu::keras::layers
