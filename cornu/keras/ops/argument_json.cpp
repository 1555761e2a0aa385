#include <nlohmann/json.hpp>

#include "cornu/keras/ops/numpy.h"
#include "cornu/keras/saving/json_fields.h"

// How files write the arguments that are neither numbers nor lists of them.

namespace cornu::keras::ops {

std::string to_string(const PadWidth& value) { return json_of(value).dump(); }
void write_json(const PadWidth& value, Json& out) { out = value.each_.empty() ? json_of(value.all_) : json_of(value.each_); }
void read_json(const Json& json, PadWidth& value) {
  value = PadWidth();
  const auto is_width = [](std::size_t count) { return count == 1 || count == 2; };
  if (json.is_array() && !json.empty() && json[0].is_array()) {
    saving::read_json(json, value.each_);
    for (const auto& one : value.each_)
      if (!is_width(one.size())) saving::mismatch("pairs of integers", json);
    return;
  }
  read_json(json, value.all_);
  if (!is_width(value.all_.values().size())) saving::mismatch("an integer, a pair or a list of pairs", json);
}

std::string to_string(const TensordotAxes& value) { return json_of(value).dump(); }
void write_json(const TensordotAxes& value, Json& out) {
  if (value.second.is_none()) return write_json(value.first, out);
  out = Json::array({json_of(value.first), json_of(value.second)});
}
void read_json(const Json& json, TensordotAxes& value) {
  value = TensordotAxes();
  if (json.is_number_integer()) return read_json(json, value.first);
  if (!json.is_array() || json.size() != 2) saving::mismatch("an integer, or two lists of axes", json);
  read_json(json[0], value.first);
  read_json(json[1], value.second);
}

void write_json(const Index& index, Json& out) {
  switch (index.kind) {
    case Index::Kind::position: return void(out = *index.start);
    case Index::Kind::new_axis: return void(out = nullptr);
    case Index::Kind::ellipsis: return void(out = Json{{"class_name", "__ellipsis__"}, {"config", Json::object()}});
    case Index::Kind::slice: break;
  }
  const Json config{{"start", json_of(index.start)}, {"stop", json_of(index.stop)}, {"step", json_of(index.step)}};
  out = Json{{"class_name", "__slice__"}, {"config", config}};
}
void read_json(const Json& json, Index& index) {
  if (json.is_null()) return void(index = Index::new_axis());
  if (json.is_number_integer()) return void(index = Index(json.get<int64_t>()));
  const std::string class_name = json.is_object() ? json.value("class_name", "") : "";
  if (class_name == "__ellipsis__") return void(index = Index::ellipsis());
  if (class_name != "__slice__") saving::mismatch("an integer, a slice, an ellipsis or null", json);
  index = Index::slice();
  const Json config = json.value("config", Json::object());
  saving::read_field(config, "start", index.start);
  saving::read_field(config, "stop", index.stop);
  saving::read_field(config, "step", index.step);
}
// x[1] has an index where x[1, 2] has a tuple.
void write_json(const std::vector<Index>& key, Json& out) {
  if (key.size() == 1) return write_json(key[0], out);
  out = Json::array();
  for (const Index& index : key) write_json(index, out.emplace_back());
}
void read_json(const Json& json, std::vector<Index>& key) {
  key.clear();
  if (!json.is_array()) return read_json(json, key.emplace_back());
  for (const Json& index : json) read_json(index, key.emplace_back());
}

}  // namespace cornu::keras::ops
