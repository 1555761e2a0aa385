#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace cornu::ir {

// The status word (StatusWord) as a card's kernels see it. It is set by one kernel at a time, in the order of the steps.
struct CardStatus {
  uint32_t code = 0, checker = 0;
  int64_t value = 0, limit = 0;
};

// A checking kernel is known to the card by a number: the same one for equal names as long as the process lives.
uint32_t number_of_checker(std::string_view name);
std::string checker_of(uint32_t number);

}  // namespace cornu::ir
