#pragma once

#include "cornu/io/hdf5_reader.h"
#include "cornu/io/hdf5_writer.h"
#include "cornu/keras/models/model.h"

namespace cornu::keras {

// model.weights.h5: the variables of a model and of what it holds, where Keras's saving_lib puts them
// ("layers/dense/vars/0", "optimizer/vars/2").
io::FileBytes write_weights(const Model& model, bool with_optimizer);
void write_weights(io::Hdf5Writer& writer, const Model& model, bool with_optimizer);  // beside what else the file has
// All weights are checked before the first is assigned. ValueError names what is missing or of another shape, and the file's `path`.
void read_weights(const Model& model, const std::string& path, const io::Hdf5File& file, bool with_optimizer,
                  const LoadWeightsArgs& args = {});
// Reads all, then assigns all. Shapes are the variables'; numbers are converted to their dtypes.
void assign_all(const std::vector<std::pair<Variable, io::Hdf5Dataset>>& found);

}  // namespace cornu::keras
