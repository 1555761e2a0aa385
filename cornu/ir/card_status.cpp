#include "cornu/ir/card_status.h"

#include <algorithm>
#include <mutex>
#include <vector>

namespace cornu::ir {
namespace {

struct Checkers {
  std::mutex mutex;
  std::vector<std::string> names;
};
Checkers& checkers() {
  static auto* all = new Checkers;
  return *all;
}

}  // namespace

uint32_t number_of_checker(std::string_view name) {
  auto& [mutex, names] = checkers();
  const std::lock_guard lock(mutex);
  const std::size_t number = static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
  if (number == names.size()) names.emplace_back(name);
  return static_cast<uint32_t>(number);
}

std::string checker_of(uint32_t number) {
  auto& [mutex, names] = checkers();
  const std::lock_guard lock(mutex);
  return names.at(number);
}

}  // namespace cornu::ir
