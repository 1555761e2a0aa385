#pragma once

// For fuzzing: makes the model that a JSON describes, in today's dialect and in that of .h5 files. Its weights get no values and no
// program runs. A refusal is an error that a user can mend; anything else is a bug.

#include <nlohmann/json.hpp>

#include "cornu/io/bytes.h"
#include "cornu/keras/layers/call_scope.h"
#include "cornu/keras/legacy/saving/modern_config.h"
#include "cornu/keras/saving/compile_config.h"
#include "cornu/keras/saving/deserialization.h"
#include "cornu/keras/saving/json_text.h"

namespace cornu::keras {

// Whether it was made.
template <class F>
bool makes(F&& make) {
  try {
    const WithoutInitialValues only_described;
    make();
    return true;
  } catch (const FileError&) {
  } catch (const ValueError&) {
  } catch (const TypeError&) {
  } catch (const ResourceExhaustedError&) {
  }
  return false;
}

inline bool make_all_of(const Json& json) {
  makes([&] { deserialize_model(legacy::modern_model_config(json)); });
  makes([&] { compile_args(legacy::modern_compile_config(json)); });
  return makes([&] { deserialize_model(json); });
}

inline void read_all_of_model(const io::FileBytes& file) {
  makes([&] { make_all_of(saving::parse_json(file.name, {reinterpret_cast<const char*>(file.data.get()), file.size})); });
}

}  // namespace cornu::keras
