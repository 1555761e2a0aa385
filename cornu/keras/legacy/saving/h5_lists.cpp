#include "cornu/keras/legacy/saving/h5_lists.h"

namespace cornu::keras::legacy {
namespace {

// An empty list has no type in Python: NumPy makes it one of numbers.
void add_texts(const io::Hdf5Attribute& attribute, std::vector<std::string>& to) {
  if (!attribute.is_text() && attribute.shape().elements() == 0) return;
  to.insert(to.end(), attribute.texts().begin(), attribute.texts().end());
}

}  // namespace

std::vector<std::string> names_at(const io::Hdf5Group& group, const std::string& name) {
  std::vector<std::string> out;
  const auto attributes = group.attributes();
  if (const auto whole = attributes.find(name); whole != attributes.end()) {
    add_texts(whole->second, out);
    return out;
  }
  for (int part = 0;; ++part) {
    const auto found = attributes.find(name + std::to_string(part));
    if (found == attributes.end()) return out;
    add_texts(found->second, out);
  }
}

std::vector<io::Hdf5Dataset> weights_in(const io::Hdf5Group& group) {
  std::vector<io::Hdf5Dataset> out;
  for (const std::string& name : names_at(group, "weight_names")) out.push_back(group.dataset(name));
  return out;
}

}  // namespace cornu::keras::legacy
