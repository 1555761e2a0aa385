#pragma once

#include <memory>

#include "cornu/io/hdf5/chunks.h"
#include "cornu/io/host_array.h"

namespace cornu::io::hdf5 {

struct DatasetData {
  std::shared_ptr<const Image> image;
  ObjectHeader header;
  std::string path;
  Datatype type;  // a number, unless `refusal` says what it is
  std::string refusal;
  Shape shape;
  Dataspace space;
  DataLayout layout;
  FilterPipeline filters;
};

DatasetData parse_dataset(std::shared_ptr<const Image> image, ObjectHeader header, const std::string& path);

// Whether all elements lie in one piece in the file; FileError if they should and do not.
bool is_in_one_piece(const DatasetData& dataset);
HostArray read_dataset(const DatasetData& dataset);
void read_dataset_into(const DatasetData& dataset, std::span<std::byte> to);

}  // namespace cornu::io::hdf5
