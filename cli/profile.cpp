#include "cli/profile.h"

#include <nlohmann/json.hpp>

namespace cornu::cli {

std::string trace_json(const std::vector<timeline::Event>& events) {
  nlohmann::ordered_json out{{"displayTimeUnit", "ns"}, {"traceEvents", nlohmann::json::array()}};
  for (const auto& event : events)
    out["traceEvents"].push_back({{"name", event.name},
                                  {"cat", event.category},
                                  {"ph", "X"},
                                  {"ts", static_cast<double>(event.begin) / 1e3},  // microseconds
                                  {"dur", static_cast<double>(event.end - event.begin) / 1e3},
                                  {"pid", 0},
                                  {"tid", event.thread}});
  return out.dump() + "\n";
}

}  // namespace cornu::cli
