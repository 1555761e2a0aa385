#pragma once

#include "cornu/io/hdf5_reader.h"
#include "cornu/io/hdf5_writer.h"
#include "cornu/keras/trainers/trainer.h"

namespace cornu::keras {

// A fit between two steps, as BackupAndRestore keeps it: everything that its rest depends on, besides the program. One file, so that
// no part of it is ever older than another.
// - the variables of the model (seeds of layers too) and of the optimizer (iterations, rate, slots), where Keras's weights files have them
// - training_state/position: epoch, batch, and the seed from which the order of the examples was drawn
// - training_state/random: which seed of the process comes next, and its generator's state
// - training_state/metrics: their running values, which callbacks see in the logs
// - training_state/callbacks: what each says of itself, in the order of the list
io::FileBytes write_training_state(const Model& model);  // RuntimeError outside of fit

// Nothing when Keras wrote the file.
std::optional<TrainingPosition> training_position(const io::Hdf5File& file);
// All but the position. Metrics that are not made yet are left. ValueError, naming the file by `path`: another model or optimizer.
void read_training_state(const Model& model, const std::string& path, const io::Hdf5File& file);

}  // namespace cornu::keras
