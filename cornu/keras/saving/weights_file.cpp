#include "cornu/keras/saving/weights_file.h"

#include <cstring>
#include <map>
#include <set>

#include "cornu/base/log.h"
#include "cornu/io/host_array.h"
#include "cornu/keras/random/seed_generator.h"

namespace cornu::keras {
namespace {

struct Place {
  std::string path;  // of the object: "layers/dense"; empty for the model
  std::string name;  // the object's own
  std::vector<Variable> variables;
  bool is_seed = false;  // Keras itself leaves the states of seed generators out of files
};

std::string joined_path(const std::string& a, const std::string& b) { return a.empty() ? b : a + "/" + b; }

std::string name_of(const Trackable& object) {
  if (auto* operation = dynamic_cast<const Operation*>(&object)) return operation->name();
  if (auto* optimizer = dynamic_cast<const OptimizerImpl*>(&object)) return optimizer->name();
  if (auto* metric = dynamic_cast<const MetricImpl*>(&object)) return metric->name();
  return object.trackable_name();
}

// Every object once, by the path of its first visit.
void collect(const Trackable& object, const std::string& path, std::set<const Trackable*>& visited, std::vector<Place>& out) {
  if (!visited.insert(&object).second) return;
  out.push_back({path, name_of(object), object.own_variables(), dynamic_cast<const SeedGenerator*>(&object) != nullptr});
  for (const auto& child : object.children()) {
    std::map<std::string, int> used;
    for (const auto& item : child.items) {
      std::string inner = joined_path(path, child.attribute);
      if (child.is_list) {
        const std::string base = item->trackable_name();
        const int count = used[base]++;
        inner += "/" + (count == 0 ? base : base + "_" + std::to_string(count));
      }
      collect(*item, inner, visited, out);
    }
  }
}

std::vector<Place> places_of(const Model& model, bool with_optimizer, const std::vector<Layer>& skipped = {}) {
  std::vector<Place> out;
  std::set<const Trackable*> visited;
  for (const Layer& layer : skipped) visited.insert(layer.impl().get());
  collect(*model.impl(), "", visited, out);
  if (const Optimizer optimizer = model.optimizer(); with_optimizer && optimizer && optimizer->built()) {
    optimizer->build(model.trainable_weights());  // of what is trained now: so a model that is made from the file orders them
    collect(*optimizer.impl(), "optimizer", visited, out);
  }
  return out;
}

// A number of another width (the iterations that Keras on JAX counts in 32 bits) becomes ours.
template <class From, class To>
void convert(const io::HostArray& from, std::byte* to) {
  for (std::size_t i = 0; i < from.values<From>().size(); ++i)
    reinterpret_cast<To*>(to)[i] = static_cast<To>(from.values<From>()[i]);
}

void assign(const Variable& variable, const io::HostArray& array) {
  std::byte* to = variable.write_bytes();
  if (array.dtype == variable.dtype()) return void(std::memcpy(to, array.data.get(), array.bytes()));
  dispatch(array.dtype, [&]<class From>(From) {
    dispatch(variable.dtype(), [&]<class To>(To) {
      if constexpr (std::is_class_v<From> || std::is_class_v<To>) {
        for (std::size_t i = 0; i < array.values<From>().size(); ++i)
          reinterpret_cast<To*>(to)[i] = static_cast<To>(static_cast<float>(array.values<From>()[i]));
      } else {
        convert<From, To>(array, to);
      }
    });
  });
}

// What the file has for an object, all of it or a ValueError.
std::vector<std::pair<Variable, io::Hdf5Dataset>> saved_at(const Place& place, const std::string& path,
                                                           const io::Hdf5File& file) {
  std::vector<std::pair<Variable, io::Hdf5Dataset>> out;
  const std::string vars = joined_path(place.path, "vars");
  const std::size_t there = file.root().is_group(vars) ? file.root().group(vars).children().size() : 0;
  if (there == 0 && place.is_seed) return out;
  if (there != place.variables.size())
    throw error<ValueError>(
        "Layer '{}' expected {} variables, but received {} variables during loading of '{}' (at '{}'). Was the file saved from "
        "another architecture?",
        place.name, place.variables.size(), there, path, vars);
  for (std::size_t i = 0; i < place.variables.size(); ++i) {
    const Variable& variable = place.variables[i];
    const auto dataset = file.root().dataset(vars + "/" + std::to_string(i));
    if (dataset.shape() != variable.shape())
      throw error<ValueError>("The weight '{}' has shape {}. Received: shape {} of '{}' (at '{}/{}')", variable.path(),
                              to_string(variable.shape()), to_string(dataset.shape()), path, vars, i);
    out.emplace_back(variable, dataset);
  }
  return out;
}

}  // namespace

void assign_all(const std::vector<std::pair<Variable, io::Hdf5Dataset>>& found) {
  std::vector<io::HostArray> unpacked(found.size());  // of what may be damaged, or becomes another dtype; all else is copied once
  for (std::size_t i = 0; i < found.size(); ++i) {
    const auto& [variable, dataset] = found[i];
    if (dataset.dtype() != variable.dtype() || !dataset.is_in_one_piece()) unpacked[i] = dataset.read();
  }
  for (std::size_t i = 0; i < found.size(); ++i) {
    const auto& [variable, dataset] = found[i];
    if (unpacked[i].data) assign(variable, unpacked[i]);
    else dataset.read_into({variable.write_bytes(), static_cast<std::size_t>(variable.size()) * variable.dtype().size()});
  }
}

io::FileBytes write_weights(const Model& model, bool with_optimizer) {
  io::Hdf5Writer writer;
  write_weights(writer, model, with_optimizer);
  return writer.finish();
}

void write_weights(io::Hdf5Writer& writer, const Model& model, bool with_optimizer) {
  for (const Place& place : places_of(model, with_optimizer)) {
    const std::string vars = joined_path(place.path, "vars");
    writer.create_group(vars);
    writer.set_attribute(vars, "name", place.name);
    for (std::size_t i = 0; i < place.variables.size(); ++i) {
      const Variable& v = place.variables[i];
      writer.write(vars + "/" + std::to_string(i), io::HostArray{v.dtype(), v.shape(), {v.slot(), v.read_bytes()}});
    }
  }
}

void read_weights(const Model& model, const std::string& path, const io::Hdf5File& file, bool with_optimizer,
                  const LoadWeightsArgs& args) {
  std::vector<std::pair<Variable, io::Hdf5Dataset>> found;
  std::string refused, example;
  for (const Place& place : places_of(model, with_optimizer, args.objects_to_skip)) {
    try {
      for (auto& pair : saved_at(place, path, file)) found.push_back(std::move(pair));
    } catch (const ValueError& e) {
      if (!args.skip_mismatch) throw;
      refused += (refused.empty() ? "" : ", ") + place.name;
      if (example.empty()) example = e.what();
    }
  }
  if (!refused.empty())
    log::warn_once("Some objects could not be loaded and stay as they are: {}. The first: {}", refused, example);
  assign_all(found);
}

}  // namespace cornu::keras
