#pragma once

#include "cornu/keras/layers/layer.h"
#include "cornu/keras/saving/json_fields.h"

namespace cornu::keras {

// A layer's config, to which it adds its own arguments after the common ones. Files have Keras's order: a key keeps the place where
// it was first added.
class LayerConfig {
 public:
  explicit LayerConfig(Json& config) : config_(config) {}

  template <class T>
  LayerConfig& add(std::string_view key, const T& value) {
    using saving::write_json;
    write_json(value, saving::detail::new_field(config_, key));
    return *this;
  }
  LayerConfig& add_null(std::string_view key) {
    saving::detail::set_null(saving::detail::new_field(config_, key));
    return *this;
  }
  // The members of a struct of arguments, without those of KERAS_LAYER_ARGS.
  template <class Args>
  LayerConfig& add(const Args& args) {
    reflect::for_each_field(args, [&](std::string_view key, const auto& value) {
      if (key != "name" && key != "trainable" && key != "dtype" && key != "autocast" && key != "input_shape") add(key, value);
    });
    return *this;
  }
  // For the layers whose own arguments stand before these in Keras's files.
  LayerConfig& move_to_end(std::string_view key) {
    saving::detail::move_field_to_end(config_, key);
    return *this;
  }
  void remove(std::string_view key) { saving::detail::remove_field(config_, key); }

 private:
  Json& config_;
};

// A required argument of the config of a layer or a schedule. ValueError names it.
template <class T>
T required(const Json& config, const char* key) {
  if (!saving::detail::find_field(config, key)) throw error<ValueError>("The config lacks `{}`.", key);
  T value{};
  saving::read_field(config, key, value);
  return value;
}

}  // namespace cornu::keras
