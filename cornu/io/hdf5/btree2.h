#pragma once

#include <functional>

#include "cornu/io/hdf5/image.h"

namespace cornu::io::hdf5 {

// Visits every record of a version 2 B-tree: the newer index of links, attributes and chunks.
void visit_records(const Image& image, uint64_t tree, const std::function<void(Cursor record)>& visit);

// The width of the smallest field that holds numbers up to `largest`.
int bytes_to_hold(uint64_t largest);

}  // namespace cornu::io::hdf5
