#pragma once

// For fuzzing: reads all that a file of each format holds. A refusal is a FileError; anything else is a bug.

#include <functional>
#include <set>
#include <string>

#include "cornu/io/csv.h"
#include "cornu/io/hdf5_reader.h"
#include "cornu/io/idx.h"
#include "cornu/io/npy.h"
#include "cornu/io/npz.h"
#include "cornu/io/zip.h"

namespace cornu::io {

// Touches every byte, so that a sanitizer sees what lies outside.
inline unsigned touch(std::span<const std::byte> bytes) {
  unsigned sum = 0;
  for (std::byte b : bytes) sum += static_cast<unsigned>(b);
  return sum;
}

inline void try_to(const std::function<void()>& read) {
  try {
    read();
  } catch (const FileError&) {
  }
}

inline void read_all_of(const Hdf5Group& group, std::set<uint64_t>& seen) {
  if (!seen.insert(group.address()).second || seen.size() > 500) return;
  try_to([&] {
    for (const auto& entry : group.attributes()) {
      const Hdf5Attribute& attribute = entry.second;
      try_to([&] { touch(attribute.array().as_bytes()); });
      try_to([&] { attribute.texts(); });
    }
  });
  for (const std::string& name : group.children())
    try_to([&] {
      if (group.is_group(name)) return read_all_of(group.group(name), seen);
      const Hdf5Dataset dataset = group.dataset(name);
      touch(dataset.read().as_bytes());
      dataset.attributes();
    });
}

inline void read_all_of_hdf5(const FileBytes& file) {
  std::set<uint64_t> seen;
  read_all_of(Hdf5File::open(file).root(), seen);
}

inline void read_all_of_zip(const FileBytes& file) {
  const ZipReader archive(file);
  for (const std::string& name : archive.names()) try_to([&] { touch(archive.read(name).span()); });
}

inline void read_all_of_keras(const FileBytes& file) {
  const ZipReader archive(file);
  read_all_of_zip(file);
  try_to([&] { read_all_of_hdf5(archive.read("model.weights.h5")); });
}

inline void read_all_of_npz(const FileBytes& file) {
  for (const auto& [name, array] : read_npz(file)) touch(array.as_bytes());
}

inline void read_all_of_npy(const FileBytes& file) { touch(read_npy(file).as_bytes()); }
inline void read_all_of_idx(const FileBytes& file) { touch(read_idx(file).as_bytes()); }
inline void read_all_of_csv(const FileBytes& file) { touch(read_csv(file).values.as_bytes()); }

}  // namespace cornu::io
