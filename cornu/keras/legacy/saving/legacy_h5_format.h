#pragma once

#include <string>

#include "cornu/io/hdf5_reader.h"
#include "cornu/keras/saving/saving_api.h"

namespace cornu::keras::legacy {

// Models and weights as Keras 2 kept them in .h5 files, and as Keras 3 still does when a file's name ends so.

// A whole model, compiled where `args` and the file say so. FileError: the file has none; ValueError, TypeError: as from load_model.
Model load_model_from_hdf5(const std::string& path, const io::Hdf5File& file, const models::LoadModelArgs& args);

// Whether the file keeps weights by layer, not as today's .weights.h5 does.
bool has_legacy_weights(const io::Hdf5File& file);
// The weights of a whole model's file, or of one that has weights only: layer by layer in their order, or by the layers' names. All are
// checked before the first is assigned. ValueError names layer, weight and shapes.
void load_weights_from_hdf5(const Model& model, const std::string& path, const io::Hdf5File& file, const LoadWeightsArgs& args);

}  // namespace cornu::keras::legacy
