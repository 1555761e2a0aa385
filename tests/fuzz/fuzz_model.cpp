// Descriptions of models under libFuzzer, mutated as JSON.

#include "cornu/keras/layers/registry.h"
#include "tests/mutate_json.h"
#include "tests/read_model.h"

namespace {

const std::vector<std::string>& classes() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> out{"Sequential", "Functional", "Model"};
    for (const auto& row : cornu::keras::layers::registry()) out.emplace_back(row.class_name);
    return out;
  }();
  return names;
}

}  // namespace

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned seed) {
  cornu::Json json = cornu::Json::parse(data, data + size, nullptr, false);
  std::mt19937 random(seed);
  if (json.is_discarded() || random() % 50 == 0) return LLVMFuzzerMutate(data, size, max_size);
  cornu::mutate(json, classes(), random);
  const std::string text = json.dump(-1, ' ', false, cornu::Json::error_handler_t::replace);
  if (text.size() > max_size) return LLVMFuzzerMutate(data, size, max_size);
  std::copy(text.begin(), text.end(), data);
  return text.size();
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  cornu::keras::read_all_of_model({"fuzz", {std::shared_ptr<void>(), reinterpret_cast<const std::byte*>(data)}, size});
  return 0;
}
