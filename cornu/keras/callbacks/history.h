#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "cornu/base/api.h"
#include "cornu/base/errors.h"

namespace cornu::keras {

// What `fit` returns: for each metric its value after every epoch, in the order they were measured.
class CORNU_API HistoryValues : public std::vector<std::pair<std::string, std::vector<double>>> {
 public:
  using vector::vector;
  const std::vector<double>& operator[](const std::string& name) const;  // ValueError lists what there is
  void add(const std::string& name, double value);
};

struct CORNU_API History {
  std::vector<int> epoch;
  HistoryValues history;
};

}  // namespace cornu::keras
