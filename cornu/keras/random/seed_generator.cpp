#include "cornu/keras/random/seed_generator.h"

#include "cornu/base/python_names.h"
#include "cornu/trace.h"

namespace cornu::keras {

PYTHON_NAMES("keras.random.SeedGenerator");
SeedGenerator::SeedGenerator(std::optional<int64_t> seed, std::string name) {
  const OutsideTrace outside;
  state_ = Variable(key_of_seed(seed ? *seed : make_default_seed()),
                    {.name = std::move(name), .trainable = false, .autocast = false, .aggregation = "none"});
}

Tensor SeedGenerator::next() const {
  const Tensor key = state_.value();
  state_.assign(key + Tensor(std::vector<uint32_t>{0, 1}, {2}));
  return key;
}

}  // namespace cornu::keras
