#pragma once

#include <map>
#include <string>

#include "cornu/io/hdf5/object_header.h"

namespace cornu::io::hdf5 {

struct Link {
  uint64_t address = kUndefined;  // of the object's header; undefined for a soft or external link
};
using Links = std::map<std::string, Link, std::less<>>;

// Whether the object is a group, in any of the forms that a group has.
bool is_group(const ObjectHeader& header);

// A group's children, whether kept in a symbol table, in messages of the header, or in a heap.
Links read_links(const Image& image, const ObjectHeader& group);

}  // namespace cornu::io::hdf5
