#include "cornu/keras/random/seed_generator.h"

#include <mutex>

#include "cornu/base/python_names.h"
#include "cornu/trace.h"

namespace cornu {
namespace keras {
namespace {

// The process's own generator. A trace may hold its variable: it is set back, never replaced.
struct GlobalGenerator {
  std::mutex mutex;
  SeedGenerator generator{seed_of_global_generator(), "global_seed_generator"};
};
GlobalGenerator& global() {
  static GlobalGenerator instance;
  return instance;
}

}  // namespace

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

Tensor next_global_key() {
  std::lock_guard lock(global().mutex);
  const Tensor key = global().generator.next();
  // A copy of its own: another thread's draw writes to the variable.
  return Trace::current() ? key : Tensor(key.to_vector<uint32_t>(), {2});
}

Variable global_generator_state() {
  std::lock_guard lock(global().mutex);
  return global().generator.state();
}

}  // namespace keras

PYTHON_NAMES("tf.random.set_seed");
void random::set_seed(int64_t seed) {
  keras::restart_seeds(seed);
  const OutsideTrace outside;
  keras::global_generator_state().assign(keras::key_of_seed(keras::seed_of_global_generator()));
}

}  // namespace cornu
