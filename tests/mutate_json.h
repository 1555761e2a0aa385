#pragma once

// For fuzzing: JSON that is still JSON, and wrong.

#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "cornu/base/json.h"

namespace cornu {

namespace mutation {

using Random = std::mt19937;
inline std::size_t below(Random& random, std::size_t limit) { return random() % std::max<std::size_t>(1, limit); }

inline void collect(Json& json, std::vector<Json*>& to) {
  to.push_back(&json);
  if (json.is_structured())
    for (Json& item : json) collect(item, to);
}

// What most often hurts.
inline Json nasty(Random& random) {
  static const Json values[] = {nullptr,
                                true,
                                -1,
                                0,
                                1,
                                2,
                                1e9,
                                4294967296,
                                int64_t{1} << 62,
                                -4611686018427387904,
                                18446744073709551615u,
                                0.5,
                                -0.0,
                                1e308,
                                "",
                                "relu",
                                "__keras_tensor__",
                                "float99",
                                std::string(300, 'a'),
                                "Dense>",
                                "\u00e9",
                                Json::array(),
                                Json::object(),
                                Json::array({nullptr}),
                                Json::array({-1, 0}),
                                Json::array({Json::array()}),
                                Json{{"class_name", "Dense"}, {"config", {{"units", 3}}}},
                                Json{{"class_name", "function"}, {"config", "relu"}},
                                Json{{"class_name", "__tensor__"}, {"config", {{"value", {1, 2}}, {"dtype", "int8"}}}}};
  return values[below(random, std::size(values))];
}

inline void change(Json& at, const Json& other, const std::vector<std::string>& classes, Random& random) {
  switch (below(random, 6)) {
    case 0: at = nasty(random); break;
    case 1: at = other; break;
    case 2:
      if (at.is_structured() && !at.empty())
        at.erase(std::next(at.begin(), static_cast<std::ptrdiff_t>(below(random, at.size()))));
      break;
    case 3:
      if (at.is_array()) at.push_back(other);
      else if (at.is_object()) at[below(random, 2) ? "name" : "layers"] = other;
      break;
    case 4:
      if (at.is_number_integer()) at = at.get<int64_t>() ^ (int64_t{1} << below(random, 63));
      else if (at.is_number()) at = -at.get<double>();
      break;
    case 5:
      if (at.is_object() && at.contains("class_name")) at["class_name"] = classes[below(random, classes.size())];
      break;
  }
}

}  // namespace mutation

// A few values anywhere in it are replaced, removed, repeated or exchanged; `classes` may stand for any class.
inline void mutate(Json& json, const std::vector<std::string>& classes, mutation::Random& random) {
  for (std::size_t i = 1 + mutation::below(random, 3); i-- > 0;) {
    std::vector<Json*> all;
    mutation::collect(json, all);
    const Json other = *all[mutation::below(random, all.size())];
    mutation::change(*all[mutation::below(random, all.size())], other, classes, random);
  }
}

}  // namespace cornu
