#pragma once

#include <string>
#include <vector>

#include "cornu/io/hdf5_reader.h"

namespace cornu::keras::legacy {

// A list of names that h5py keeps as an attribute; one too long for an attribute is spread over NAME0, NAME1, ... Empty without any.
std::vector<std::string> names_at(const io::Hdf5Group& group, const std::string& name);

// The datasets that the attribute "weight_names" lists, in its order.
std::vector<io::Hdf5Dataset> weights_in(const io::Hdf5Group& group);

}  // namespace cornu::keras::legacy
