#include "cornu/keras/layers/reshaping/margins.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cornu/base/errors.h"

namespace cornu::keras {
namespace {

std::string text_of(const Margins& margins) {
  Json json;
  write_json(margins, json);
  return json.dump();
}

}  // namespace

Margins::Pairs Margins::of_axes(int axes, const char* what) const {
  Pairs out;
  const bool is_pair = axes == 1 && each_.size() == 2;  // the two ends of the one axis
  if (!all_.is_none()) {
    out.assign(axes, {all_.values()[0], all_.values()[0]});
  } else if (is_pair && !each_[0].is_list() && !each_[1].is_list()) {
    out.emplace_back(each_[0].values()[0], each_[1].values()[0]);
  } else {
    if (is_pair || int(each_.size()) != axes)
      throw error<ValueError>("`{}` should have {} elements. Received: {}={}", what, axes == 1 ? 2 : axes, what, text_of(*this));
    for (const IntOrList& one : each_) {
      const auto ends = one.repeated(2, what);
      out.emplace_back(ends[0], ends[1]);
    }
  }
  for (const auto& [before, after] : out)
    if (before < 0 || after < 0) throw error<ValueError>("`{}` cannot be negative. Received: {}={}", what, what, text_of(*this));
  return out;
}

Margins Margins::from_pairs(const Pairs& pairs) {
  Margins out{};
  for (const auto& [before, after] : pairs)
    if (pairs.size() == 1) out.each_ = {before, after};
    else out.each_.push_back({before, after});
  return out;
}

void write_json(const Margins& value, Json& out) {
  if (!value.all_.is_none()) return write_json(value.all_, out);
  out = Json::array();
  for (const IntOrList& one : value.each_) write_json(one, out.emplace_back());
}

void read_json(const Json& json, Margins& value) {
  value = Margins{};
  if (!json.is_array()) return read_json(json, value.all_);
  for (const Json& one : json) read_json(one, value.each_.emplace_back());
}

}  // namespace cornu::keras
