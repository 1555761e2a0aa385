#pragma once

#include <memory>
#include <string>

#include "cli/command.h"
#include "cornu/keras/models/model.h"

namespace cornu::cli {

// --dtype-policy NAME
std::shared_ptr<std::string> add_dtype_policy_option(CLI::App& verb);
// Of the layers that are made from here on. UsageError.
void set_default_dtype_policy(const std::string& name);
// The policy of the model and of all layers in it that compute in float32, which includes those whose file says so; "" leaves them.
// UsageError: a name that is not known.
void set_dtype_policy(const keras::Model& model, const std::string& name);

}  // namespace cornu::cli
