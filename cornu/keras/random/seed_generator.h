#pragma once

#include <optional>

#include "cornu/keras/random/seed.h"
#include "cornu/keras/trackable.h"

namespace cornu::keras {

// A stream of seeds with its state in a variable, (seed, draws made): files keep it, and a traced step advances it.
class CORNU_API SeedGenerator : public Trackable {
 public:
  // Without a seed, the process's next one.
  explicit SeedGenerator(std::optional<int64_t> seed = {}, std::string name = "seed_generator");
  // The key of the next draw: uint32 of shape (2,).
  Tensor next() const;
  std::string trackable_name() const override { return "seed_generator"; }
  std::vector<Variable> own_variables() const override { return {state_}; }
  const Variable& state() const { return state_; }

 private:
  Variable state_;
};

// The key of the next draw that is given no seed, from a generator that `set_seed` sets back.
Tensor next_global_key();

// The state of that generator.
Variable global_generator_state();

}  // namespace cornu::keras
